//! The utilities of the uutils project, by name.

use std::ffi::OsString;

/// Lists utilities: the names of a crate, and the crate.
macro_rules! utilities {
    ($($($name:literal)|+ => $package:ident,)*) => {
        /// Runs the utility of this name; `None` when there is none.
        pub(crate) fn run(name: &str, arguments: Vec<OsString>) -> Option<i32> {

            match name {
                $($($name)|+ => {
                    if let Err(error) = uucore::locale::setup_localization(name) {
                        eprintln!("{name}: {error}");
                        return Some(99);
                    }
                    Some($package::uumain(arguments.into_iter()))
                })*
                _ => None,
            }
        }

        #[cfg(test)]
        pub(crate) const NAMES: &[&str] = &[$($($name),+),*];
    };
}

utilities! {
    "base32" => uu_base32,
    "base64" => uu_base64,
    "basename" => uu_basename,
    "cat" => uu_cat,
    "cksum" => uu_cksum,
    "comm" => uu_comm,
    "cut" => uu_cut,
    "date" => uu_date,
    "dirname" => uu_dirname,
    "echo" => uu_echo,
    "expand" => uu_expand,
    "false" => uu_false,
    "fmt" => uu_fmt,
    "fold" => uu_fold,
    "head" => uu_head,
    "join" => uu_join,
    "ln" => uu_ln,
    "md5sum" => uu_md5sum,
    "mkdir" => uu_mkdir,
    "mktemp" => uu_mktemp,
    "mv" => uu_mv,
    "nl" => uu_nl,
    "numfmt" => uu_numfmt,
    "od" => uu_od,
    "paste" => uu_paste,
    "printenv" => uu_printenv,
    "printf" => uu_printf,
    "readlink" => uu_readlink,
    "realpath" => uu_realpath,
    "rm" => uu_rm,
    "rmdir" => uu_rmdir,
    "seq" => uu_seq,
    "sha1sum" => uu_sha1sum,
    "sha256sum" => uu_sha256sum,
    "sha512sum" => uu_sha512sum,
    "shuf" => uu_shuf,
    "sleep" => uu_sleep,
    "sort" => uu_sort,
    "split" => uu_split,
    "sum" => uu_sum,
    "tail" => uu_tail,
    "tee" => uu_tee,
    "touch" => uu_touch,
    "tr" => uu_tr,
    "true" => uu_true,
    "truncate" => uu_truncate,
    "unexpand" => uu_unexpand,
    "uniq" => uu_uniq,
    "unlink" => uu_unlink,
    "wc" => uu_wc,
    "yes" => uu_yes,
}
