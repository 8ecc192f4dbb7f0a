//! open(2): what it makes, finds and refuses.

use crate::posix::*;

cases! {
    create_and_read; missing; exclusive; exclusive_on_links; create_through_link; truncates; directory_for_writing;
    directory_for_reading; wants_directory; nofollow; file_as_directory; trailing_slash; empty_path; name_too_long;
    path_too_long; link_loop; path_only; path_only_of_link; access_modes; create_mode_and_umask; special_bits;
    relative_to_directory; relative_to_other; absolute_ignores_directory; create_and_directory; lowest_descriptor;
    dots_and_slashes; truncate_needs_no_write_bit; append_flag; unlinked_directory; many_descriptors; readonly_truncate;
    => 
}

fn create_and_read() {
    let fd = ok!(open("f", o::RDWR | o::CREAT, 0o644));
    see!(write(fd, "hello"), lseek(fd, 0, SEEK_SET), read(fd, 100), read(fd, 100), close(fd), close(fd));
    see!(kind("f"), mode("f"), size("f"), nlink("f"));
}

fn missing() {
    see!(open("f", o::RDONLY, 0), open("d/f", o::RDWR | o::CREAT, 0o644), list("."));
}

fn exclusive() {
    see!(done(open("f", o::WRONLY | o::CREAT | o::EXCL, 0o600)));
    see!(open("f", o::WRONLY | o::CREAT | o::EXCL, 0o600), mode("f"));
    ok!(mkdir("d", 0o755));
    see!(open("d", o::WRONLY | o::CREAT | o::EXCL, 0o600));
}

fn exclusive_on_links() {
    ok!(symlink("nowhere", "dangling"));
    see!(open("dangling", o::WRONLY | o::CREAT | o::EXCL, 0o600));
    ok!(put("f", "1"));
    ok!(symlink("f", "link"));
    see!(open("link", o::WRONLY | o::CREAT | o::EXCL, 0o600), list("."));
}

fn create_through_link() {
    ok!(symlink("target", "link"));
    see!(put("link", "through"), get("target"), kind("link"), list("."));
    ok!(symlink("no/target", "deep"));
    see!(put("deep", "x"));
}

fn truncates() {
    ok!(put("f", "a long text"));
    let fd = ok!(open("f", o::WRONLY | o::TRUNC, 0));
    see!(size("f"), write(fd, "short"), get("f"));
    see!(done(open("missing", o::WRONLY | o::TRUNC, 0)));
}

fn directory_for_writing() {
    ok!(mkdir("d", 0o755));
    see!(open("d", o::WRONLY, 0), open("d", o::RDWR, 0), open("d", o::RDONLY | o::CREAT, 0o644));
    see!(open("d", o::RDONLY | o::TRUNC, 0), open(".", o::RDWR, 0));
}

fn directory_for_reading() {
    ok!(mkdir("d", 0o755));
    let fd = ok!(open("d", o::RDONLY, 0));
    see!(read(fd, 10), pread(fd, 10, 0), write(fd, "x"), ftruncate(fd, 0), fsync(fd));
}

fn wants_directory() {
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    ok!(symlink("d", "link"));
    see!(open("f", o::RDONLY | o::DIRECTORY, 0), done(open("d", o::RDONLY | o::DIRECTORY, 0)));
    see!(done(open("link", o::RDONLY | o::DIRECTORY, 0)));
    see!(open("link", o::RDONLY | o::DIRECTORY | o::NOFOLLOW, 0));
}

fn nofollow() {
    ok!(put("f", "text"));
    ok!(symlink("f", "link"));
    ok!(mkdir("d", 0o755));
    ok!(put("d/f", "inner"));
    ok!(symlink("d", "dirlink"));
    see!(open("link", o::RDONLY | o::NOFOLLOW, 0), done(open("f", o::RDONLY | o::NOFOLLOW, 0)));
    see!(done(open("dirlink/f", o::RDONLY | o::NOFOLLOW, 0)));
    see!(open("link", o::WRONLY | o::CREAT | o::NOFOLLOW, 0o644));
}

fn file_as_directory() {
    ok!(put("f", ""));
    see!(open("f/x", o::RDONLY, 0), open("f/x", o::WRONLY | o::CREAT, 0o644), stat("f/."), stat("f/.."));
    see!(done(stat("missing/..")), mkdir("f/d", 0o755), unlink("f/x"), rmdir("f/x"), list("f"));
}

fn trailing_slash() {
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    see!(open("f/", o::RDONLY, 0), done(open("d/", o::RDONLY, 0)));
    see!(open("new/", o::WRONLY | o::CREAT, 0o644), open("f/", o::WRONLY | o::CREAT, 0o644), list("."));
    ok!(symlink("d", "link"));
    see!(lstat("link/").map(|stat| kind_of(&stat)), lstat("link").map(|stat| kind_of(&stat)));
}

fn empty_path() {
    see!(open("", o::RDONLY, 0), done(stat("")), mkdir("", 0o755), unlink(""), rename("", "x"), readlink(""), chdir(""));
    ok!(put("f", ""));
    see!(rename("f", ""), link("f", ""), link("", "x"), symlink("", "x"), symlink("x", ""));
}

fn name_too_long() {
    let (longest, longer) = ("n".repeat(255), "n".repeat(256));
    say!("255: {:?}", put(&longest, "1").map_err(|e| e.name()));
    say!("256: {:?}", put(&longer, "1").map_err(|e| e.name()));
    say!("stat: {:?}", done(stat(&longer)).map_err(|e| e.name()));
    say!("mkdir: {:?}", mkdir(&longer, 0o755).map_err(|e| e.name()));
    say!("rename: {:?}", rename(&longest, &longer).map_err(|e| e.name()));
    say!("symlink: {:?}", symlink("x", &longer).map_err(|e| e.name()));
    say!("below: {:?}", done(stat(&format!("{longer}/x"))).map_err(|e| e.name()));
}

fn path_too_long() {
    // Linux's limit counts the NUL: 4095 bytes are the most.
    let longest = "./".repeat(2047) + ".";
    say!("{}: {:?}", longest.len(), stat(&longest).map(|stat| kind_of(&stat)).map_err(|e| e.name()));
    let longer = "./".repeat(2048);
    say!("{}: {:?}", longer.len(), stat(&longer).map(|stat| kind_of(&stat)).map_err(|e| e.name()));
    say!("link: {:?}", symlink(&"t".repeat(4096), "l").map_err(|e| e.name()));
    say!("link: {:?}", symlink(&"t".repeat(4095), "l").map_err(|e| e.name()));
}

fn link_loop() {
    ok!(symlink("b", "a"));
    ok!(symlink("a", "b"));
    see!(open("a", o::RDONLY, 0), done(stat("a")), kind("a"), stat("a/x"), put("a", ""), chmod("a", 0o600));
    ok!(put("l0", "end"));
    for n in 1..=41 {
        ok!(symlink(&format!("l{}", n - 1), &format!("l{n}")));
    }
    see!(get("l40"), get("l41"));
}

fn path_only() {
    ok!(put("f", "text"));
    let fd = ok!(open("f", o::PATH, 0));
    see!(read(fd, 1), write(fd, "x"), lseek(fd, 0, SEEK_SET), ftruncate(fd, 0), fchmod(fd, 0o600));
    see!(fstat(fd).map(|stat| kind_of(&stat)), done(dup(fd)), close(fd));
    ok!(mkdir("d", 0o755));
    ok!(put("d/f", "inner"));
    let dir = ok!(open("d", o::PATH | o::DIRECTORY, 0));
    let inner = ok!(openat(dir, "f", o::RDONLY, 0));
    see!(read(inner, 10), fchdir(dir), getcwd(), entries(dir, 1000).map(|all| all.len()));
}

fn path_only_of_link() {
    ok!(symlink("nowhere", "link"));
    let fd = ok!(open("link", o::PATH | o::NOFOLLOW, 0));
    see!(fstat(fd).map(|stat| kind_of(&stat)), read(fd, 1));
}

fn access_modes() {
    ok!(put("f", "text"));
    let reading = ok!(open("f", o::RDONLY, 0));
    let writing = ok!(open("f", o::WRONLY, 0));
    let both = ok!(open("f", o::RDWR, 0));
    see!(write(reading, "x"), pwrite(reading, "x", 0), ftruncate(reading, 0), read(writing, 1), pread(writing, 1, 0));
    see!(read(both, 2), write(both, "XX"), get("f"));
    see!(status_flags(reading), status_flags(writing), status_flags(both));
}

fn create_mode_and_umask() {
    see!(umask(0o027));
    for wanted in [0o666, 0o777, 0o600, 0o000] {
        let name = format!("f{wanted:o}");
        ok!(done(open(&name, o::WRONLY | o::CREAT, wanted)));
        say!("{name}: {:?}", mode(&name));
    }
    ok!(mkdir("d", 0o777));
    see!(mode("d"), umask(0), umask(0o7777), umask(0o022));
    see!(done(open("f666", o::WRONLY | o::CREAT, 0o777)), mode("f666"));
}

fn special_bits() {
    ok!(done(open("f", o::WRONLY | o::CREAT, 0o6755)));
    ok!(mkdir("d", 0o1777));
    see!(mode("f"), mode("d"));
    ok!(umask(0));
    ok!(mkdir("e", 0o7777));
    see!(mode("e"));
}

fn relative_to_directory() {
    ok!(mkdir("d", 0o755));
    let dir = ok!(open("d", o::RDONLY, 0));
    let fd = ok!(openat(dir, "f", o::RDWR | o::CREAT, 0o644));
    see!(write(fd, "inner"), get("d/f"), mkdirat(dir, "sub", 0o700), list("d"));
    see!(fstatat(dir, "f", 0).map(|stat| stat.size), unlinkat(dir, "sub", at::REMOVEDIR), unlinkat(dir, "f", 0));
    see!(openat(dir, "..", o::RDONLY, 0).and_then(fstat).map(|stat| kind_of(&stat)));
    ok!(rename("d", "moved"));
    ok!(done(openat(dir, "after", o::WRONLY | o::CREAT, 0o644)));
    see!(list("moved"), fstatat(dir, "", at::EMPTY_PATH).map(|stat| kind_of(&stat)), fstatat(dir, "", 0).map(|_| ()));
}

fn relative_to_other() {
    ok!(put("f", ""));
    let file = ok!(open("f", o::RDONLY, 0));
    see!(openat(file, "x", o::RDONLY, 0), openat(99, "x", o::RDONLY, 0), openat(-1, "x", o::RDONLY, 0));
    see!(mkdirat(99, "x", 0o755), fstatat(file, "x", 0).map(|_| ()), fchdir(file), fchdir(99));
    see!(fstatat(file, "", at::EMPTY_PATH).map(|stat| kind_of(&stat)));
}

fn absolute_ignores_directory() {
    ok!(put("f", "text"));
    let fd = openat(99, &absolute("f"), o::RDONLY, 0);
    see!(done(fd), mkdirat(-5, &absolute("d"), 0o755), kind("d"));
}

fn create_and_directory() {
    see!(open("new", o::RDONLY | o::CREAT | o::DIRECTORY, 0o755), list("."));
    ok!(mkdir("d", 0o755));
    see!(done(open("d", o::RDONLY | o::CREAT | o::DIRECTORY, 0o755)));
}

fn lowest_descriptor() {
    ok!(put("f", ""));
    see!(open("f", o::RDONLY, 0), open("f", o::RDONLY, 0), open("f", o::RDONLY, 0));
    see!(close(4), open("f", o::RDONLY, 0), close(3), close(5), dup(4), open("f", o::RDONLY, 0));
}

fn dots_and_slashes() {
    ok!(mkdir("d", 0o755));
    ok!(put("d/f", "x"));
    see!(get("./d/./f"), get("d/../d/f"), get("d//f"), get(".//d///f"), list("d/.."), kind("/.."), kind("//"));
    see!(done(stat("/../..")), same_file("/", "/.."), unlink("."), rmdir("."), rmdir("d/."), rmdir("d/.."), rename("d/.", "x"));
    see!(mkdir(".", 0o755), mkdir("d/..", 0o755), mkdir("/", 0o755), rename("..", "x"));
}

fn truncate_needs_no_write_bit() {
    ok!(put("f", "text"));
    let fd = ok!(open("f", o::RDWR, 0));
    ok!(chmod("f", 0o444));
    see!(write(fd, "TE"), ftruncate(fd, 3), get("f"));
}

fn append_flag() {
    ok!(put("f", "one"));
    let fd = ok!(open("f", o::RDWR | o::APPEND, 0));
    see!(lseek(fd, 0, SEEK_CUR), write(fd, "two"), lseek(fd, 0, SEEK_CUR), lseek(fd, 1, SEEK_SET), read(fd, 2));
    see!(write(fd, "three"), lseek(fd, 0, SEEK_CUR), pwrite(fd, "four", 0), get("f"), lseek(fd, 0, SEEK_CUR));
}

fn unlinked_directory() {
    ok!(mkdir("d", 0o755));
    let dir = ok!(open("d", o::RDONLY, 0));
    ok!(rmdir("d"));
    see!(openat(dir, "f", o::WRONLY | o::CREAT, 0o644), mkdirat(dir, "e", 0o755), fstat(dir).map(|stat| stat.nlink));
    see!(openat(dir, ".", o::RDONLY, 0).map(|_| ()), entries(dir, 1000).map(|all| all.len()), openat(dir, "x", o::RDONLY, 0));
}

fn many_descriptors() {
    ok!(put("f", "x"));
    let mut last = 0;
    for _ in 0..100 {
        last = ok!(open("f", o::RDONLY, 0));
    }
    see!(last, close(50), open("f", o::RDONLY, 0), open("f", o::RDONLY, 0));
}

fn readonly_truncate() {
    ok!(put("f", "text"));
    ok!(done(open("f", o::RDONLY | o::TRUNC, 0)));
    see!(size("f"));
}
