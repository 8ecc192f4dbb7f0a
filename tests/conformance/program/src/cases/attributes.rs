//! Extended attributes.

use oac_abi::flags::xattr as how;

use crate::posix::*;

cases! {
    set_and_get; missing; lengths; create_and_replace; list_and_remove; kept_with_file; of_links; of_descriptors; of_pipes; name_refusals; empty_value;
    on_directories; permissions root; large_values; shared_by_links;
    =>
}

fn set_and_get() {
    ok!(put("f", ""));
    see!(setxattr("f", "user.color", "green", 0), getxattr("f", "user.color", 100), setxattr("f", "user.color", "red", 0));
    see!(getxattr("f", "user.color", 100), listxattr("f"));
}

fn missing() {
    ok!(put("f", ""));
    see!(getxattr("f", "user.none", 9), getxattr("missing", "user.none", 9), removexattr("f", "user.none"), listxattr("missing"));
    see!(listxattr("f"));
}

fn lengths() {
    ok!(put("f", ""));
    ok!(setxattr("f", "user.a", "0123456789", 0));
    see!(xattr_len("f", "user.a"), getxattr("f", "user.a", 5), getxattr("f", "user.a", 10));
    see!(raw::listxattrat(at::FDCWD, b"f", 0, &mut []), raw::listxattrat(at::FDCWD, b"f", 0, &mut [0; 3]));
}

fn create_and_replace() {
    ok!(put("f", ""));
    see!(setxattr("f", "user.a", "1", how::REPLACE), setxattr("f", "user.a", "1", how::CREATE), setxattr("f", "user.a", "2", how::CREATE));
    see!(setxattr("f", "user.a", "3", how::REPLACE), getxattr("f", "user.a", 9), setxattr("f", "user.a", "4", 8));
}

fn list_and_remove() {
    ok!(put("f", ""));
    for name in ["user.b", "user.a", "user.c.d"] {
        ok!(setxattr("f", name, "x", 0));
    }
    see!(listxattr("f"), removexattr("f", "user.a"), listxattr("f"), removexattr("f", "user.a"));
}

fn kept_with_file() {
    ok!(put("f", "text"));
    ok!(setxattr("f", "user.a", "1", 0));
    see!(rename("f", "g"), getxattr("g", "user.a", 9), put("g", "new"), getxattr("g", "user.a", 9), unlink("g"), put("g", ""), listxattr("g"));
}

fn shared_by_links() {
    ok!(put("f", ""));
    ok!(link("f", "g"));
    ok!(setxattr("f", "user.a", "1", 0));
    see!(getxattr("g", "user.a", 9));
}

fn of_links() {
    ok!(put("f", ""));
    ok!(symlink("f", "s"));
    see!(setxattr("s", "user.a", "1", 0), getxattr("f", "user.a", 9));
    let flags = at::SYMLINK_NOFOLLOW;
    see!(raw::setxattrat(at::FDCWD, b"s", flags, b"user.b", b"2", 0), raw::getxattrat(at::FDCWD, b"s", flags, b"user.a", &mut [0; 9]));
}

fn of_descriptors() {
    ok!(put("f", ""));
    let fd = ok!(open("f", o::RDONLY, 0));
    see!(raw::setxattrat(fd, b"", at::EMPTY_PATH, b"user.a", b"1", 0), getxattr("f", "user.a", 9));
    see!(raw::getxattrat(fd, b"", at::EMPTY_PATH, b"user.a", &mut []), raw::removexattrat(fd, b"", at::EMPTY_PATH, b"user.a"));
    see!(raw::listxattrat(fd, b"", at::EMPTY_PATH, &mut []), raw::getxattrat(99, b"", at::EMPTY_PATH, b"user.a", &mut []));
}

fn of_pipes() {
    let (reading, _) = ok!(pipe(0));
    see!(raw::setxattrat(reading, b"", at::EMPTY_PATH, b"user.a", b"1", 0));
}

fn name_refusals() {
    ok!(put("f", ""));
    see!(setxattr("f", "plain", "x", 0), setxattr("f", "", "x", 0), setxattr("f", "other.name", "x", 0), setxattr("f", "user.", "x", 0));
    let (fit, long) = (format!("user.{}", "n".repeat(250)), format!("user.{}", "n".repeat(251)));
    say!("255: {}", setxattr("f", &fit, "x", 0).shown());
    say!("256: {}", setxattr("f", &long, "x", 0).shown());
}

fn empty_value() {
    ok!(put("f", ""));
    see!(setxattr("f", "user.a", "", 0), xattr_len("f", "user.a"), getxattr("f", "user.a", 9), listxattr("f"));
}

fn on_directories() {
    ok!(mkdir("d", 0o755));
    ok!(mkfifo("p", 0o644));
    see!(setxattr("d", "user.a", "1", 0), getxattr("d", "user.a", 9), setxattr("p", "user.a", "1", 0), getxattr("/dev/null", "user.a", 9));
}

fn permissions() {
    ok!(put("f", ""));
    ok!(setxattr("f", "user.a", "1", 0));
    ok!(put("secret", ""));
    ok!(setxattr("secret", "user.a", "1", 0));
    ok!(chmod("secret", 0o600));
    ok!(become_user(1234));
    see!(getxattr("f", "user.a", 9), setxattr("f", "user.a", "2", 0), removexattr("f", "user.a"), getxattr("secret", "user.a", 9));
    see!(listxattr("secret"));
}

fn large_values() {
    ok!(put("f", ""));
    let value = "v".repeat(3000);
    say!("3000: {}", setxattr("f", "user.a", &value, 0).shown());
    see!(xattr_len("f", "user.a"));
    say!("65537: {}", setxattr("f", "user.b", &"v".repeat(65_537), 0).shown());
}
