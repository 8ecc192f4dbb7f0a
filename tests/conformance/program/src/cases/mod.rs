//! The cases, by area.

/// Lists the cases of an area, and the routines of its children.
macro_rules! cases {
    (@root) => { false };
    (@root root) => { true };
    ($($name:ident $($root:ident)?;)* => $($routine:ident;)*) => {
        pub(crate) const CASES: &[crate::Case] = &[
            $(crate::Case { name: stringify!($name), run: $name, root: cases!(@root $($root)?) }),*
        ];
        pub(crate) const ROUTINES: &[crate::Routine] = &[
            $(crate::Routine { name: stringify!($routine), run: $routine }),*
        ];
    };
}

/// What a call gives, or the end of the case with a line that says which call failed.
macro_rules! ok {
    ($expression:expr) => {
        match $expression {
            Ok(value) => value,
            Err(errno) => {
                say!("{} = {}", $crate::posix::source(stringify!($expression)), errno.name());
                return;
            }
        }
    };
}

/// The same in a child's routine, which exits with 99.
macro_rules! child_ok {
    ($expression:expr) => {
        match $expression {
            Ok(value) => value,
            Err(errno) => {
                say!("child: {} = {}", $crate::posix::source(stringify!($expression)), errno.name());
                return 99;
            }
        }
    };
}

macro_rules! areas {
    ($($area:ident)*) => {
        $(mod $area;)*
        /// Every area: its name, its cases, the routines of its children.
        pub(crate) const AREAS: &[(&str, &[crate::Case], &[crate::Routine])] =
            &[$((stringify!($area), $area::CASES, $area::ROUTINES)),*];
    };
}

areas! {
    open read_write links rename directories permissions times descriptors pipes fifos signals wait spawn groups terminals
    job_control poll tcp udp unix_sockets messages locks attributes watches limits devices proc_files
}
