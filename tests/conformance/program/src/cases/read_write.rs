//! Contents: reading, writing, positions, lengths, holes.

use oac_abi::flags::fallocate as how;

use crate::posix::*;

cases! {
    seek; seek_refusals; seek_past_end; positional; positional_refusals; truncate_shrinks; truncate_grows; truncate_refusals;
    unlinked_open; unlinked_and_remade; nothing_to_do; overlapping_descriptors; seek_data_and_hole; hole_at_end;
    append_by_fcntl; append_interleaved; fallocate_reserves; fallocate_keeps_size; fallocate_punches; fallocate_refusals;
    copy_range; copy_range_refusals; copy_range_in_one_file; large_file; large_offsets; renamed_while_open; sync;
    truncate_then_read_at_position; write_after_shrink;
    =>
}

fn file(text: &str) -> Result<i32> {
    put("f", text)?;
    open("f", o::RDWR, 0)
}

fn seek() {
    let fd = ok!(file("0123456789"));
    see!(lseek(fd, 3, SEEK_SET), read(fd, 2), lseek(fd, -1, SEEK_CUR), read(fd, 2), lseek(fd, -2, SEEK_END), read(fd, 9));
    see!(lseek(fd, 0, SEEK_CUR), lseek(fd, 5, SEEK_END), lseek(fd, 0, SEEK_SET));
}

fn seek_refusals() {
    let fd = ok!(file("text"));
    see!(lseek(fd, -1, SEEK_SET), lseek(fd, -5, SEEK_END), lseek(fd, 0, 9), lseek(99, 0, SEEK_SET));
    let (reading, writing) = ok!(pipe(0));
    see!(lseek(reading, 0, SEEK_SET), lseek(writing, 0, SEEK_CUR), pread(reading, 1, 0), pwrite(writing, "x", 0));
    see!(lseek(fd, 0, SEEK_CUR));
}

fn seek_past_end() {
    let fd = ok!(file("ab"));
    see!(lseek(fd, 6, SEEK_SET), read(fd, 4), size("f"), write(fd, "yz"), size("f"), get("f"));
}

fn positional() {
    let fd = ok!(file("0123456789"));
    see!(pread(fd, 3, 4), lseek(fd, 0, SEEK_CUR), pwrite(fd, "XY", 8), pread(fd, 100, 7), pread(fd, 1, 10), pread(fd, 1, 99));
    see!(pwrite(fd, "end", 12), get("f"), lseek(fd, 0, SEEK_CUR), read(fd, 2));
}

fn positional_refusals() {
    let fd = ok!(file("text"));
    see!(pread(fd, 1, -1), pwrite(fd, "x", -1), pread(99, 1, 0), pwrite(99, "x", 0), pread(fd, 0, 0), pwrite(fd, "", 99));
    see!(size("f"));
}

fn truncate_shrinks() {
    let fd = ok!(file("0123456789"));
    see!(lseek(fd, 8, SEEK_SET), ftruncate(fd, 4), size("f"), lseek(fd, 0, SEEK_CUR), read(fd, 5), get("f"));
    see!(ftruncate(fd, 6), get("f"));
}

fn truncate_grows() {
    let fd = ok!(file("ab"));
    see!(ftruncate(fd, 5), size("f"), get("f"), read(fd, 9), ftruncate(fd, 0), size("f"), stat("f").map(|stat| stat.blocks));
}

fn truncate_refusals() {
    let fd = ok!(file("text"));
    see!(ftruncate(fd, -1), ftruncate(99, 0));
    let reading = ok!(open("f", o::RDONLY, 0));
    let (_, writing) = ok!(pipe(0));
    see!(ftruncate(reading, 0), ftruncate(writing, 0), size("f"));
}

fn unlinked_open() {
    let fd = ok!(file("still"));
    see!(unlink("f"), done(stat("f")), fstat(fd).map(|stat| stat.nlink), read(fd, 10), write(fd, " here"));
    see!(pread(fd, 20, 0), ftruncate(fd, 2), fstat(fd).map(|stat| stat.size), list("."));
}

fn unlinked_and_remade() {
    let old = ok!(file("old"));
    ok!(unlink("f"));
    ok!(put("f", "new"));
    see!(pread(old, 10, 0), get("f"), fstat(old).map(|stat| stat.nlink), nlink("f"));
}

fn nothing_to_do() {
    let fd = ok!(file("text"));
    see!(read(fd, 0), write(fd, ""), lseek(fd, 0, SEEK_CUR), read(99, 0), write(99, ""));
    let reading = ok!(open("f", o::RDONLY, 0));
    let writing = ok!(open("f", o::WRONLY, 0));
    see!(write(reading, ""), read(writing, 0));
}

fn overlapping_descriptors() {
    let one = ok!(file("0123456789"));
    let other = ok!(open("f", o::RDWR, 0));
    let same = ok!(dup(one));
    see!(read(one, 3), read(same, 3), read(other, 3), write(same, "AB"), read(other, 7), lseek(one, 0, SEEK_CUR));
}

fn seek_data_and_hole() {
    let fd = ok!(file("data"));
    see!(lseek(fd, 0, SEEK_DATA), lseek(fd, 2, SEEK_DATA), lseek(fd, 0, SEEK_HOLE), lseek(fd, 4, SEEK_DATA), lseek(fd, 4, SEEK_HOLE));
    see!(lseek(fd, 99, SEEK_HOLE), lseek(fd, -1, SEEK_DATA), lseek(fd, 0, SEEK_CUR));
}

fn hole_at_end() {
    // Where holes are told apart from zeros is the filesystem's affair; that the end of the file is one is not.
    let fd = ok!(file(""));
    see!(lseek(fd, 0, SEEK_HOLE), lseek(fd, 0, SEEK_DATA));
    ok!(pwrite(fd, "x", 1 << 20));
    see!(lseek(fd, 1 << 20, SEEK_DATA), lseek(fd, 1 << 20, SEEK_HOLE), size("f"));
    see!(ok!(stat("f")).blocks * 512 < 1 << 20);
}

fn append_by_fcntl() {
    let fd = ok!(file("text"));
    see!(status_flags(fd), set_status_flags(fd, o::APPEND), status_flags(fd), write(fd, "END"), get("f"));
    see!(set_status_flags(fd, 0), write(fd, "!"), lseek(fd, 0, SEEK_SET), write(fd, "T"), get("f"));
}

fn append_interleaved() {
    ok!(put("f", ""));
    let one = ok!(open("f", o::WRONLY | o::APPEND, 0));
    let other = ok!(open("f", o::WRONLY | o::APPEND, 0));
    see!(write(one, "a"), write(other, "b"), write(one, "c"), write(other, "d"), get("f"));
}

fn fallocate_reserves() {
    let fd = ok!(file("ab"));
    see!(fallocate(fd, 0, 0, 10), size("f"), get("f"), fallocate(fd, 0, 0, 4), size("f"));
}

fn fallocate_keeps_size() {
    let fd = ok!(file("ab"));
    see!(fallocate(fd, how::KEEP_SIZE, 0, 100_000), size("f"), get("f"));
}

fn fallocate_punches() {
    let fd = ok!(file("0123456789"));
    see!(fallocate(fd, how::PUNCH_HOLE | how::KEEP_SIZE, 2, 3), get("f"), size("f"));
    see!(fallocate(fd, how::PUNCH_HOLE | how::KEEP_SIZE, 8, 100), get("f"), fallocate(fd, how::PUNCH_HOLE, 0, 1));
}

fn fallocate_refusals() {
    let fd = ok!(file("text"));
    let reading = ok!(open("f", o::RDONLY, 0));
    let (_, writing) = ok!(pipe(0));
    see!(fallocate(fd, 0, -1, 5), fallocate(fd, 0, 0, 0), fallocate(fd, 0, 0, -1), fallocate(reading, 0, 0, 9));
    see!(fallocate(writing, 0, 0, 9), fallocate(99, 0, 0, 9), size("f"));
}

fn copy_range() {
    let from = ok!(file("0123456789"));
    ok!(put("g", "......"));
    let to = ok!(open("g", o::RDWR, 0));
    see!(copy_file_range(from, -1, to, -1, 3), lseek(from, 0, SEEK_CUR), lseek(to, 0, SEEK_CUR), get("g"));
    see!(copy_file_range(from, 6, to, 5, 2), lseek(from, 0, SEEK_CUR), get("g"), copy_file_range(from, -1, to, -1, 100));
    see!(get("g"), copy_file_range(from, -1, to, -1, 100), copy_file_range(from, 99, to, 0, 1), copy_file_range(from, 0, to, 0, 0));
}

fn copy_range_refusals() {
    let from = ok!(file("text"));
    let reading = ok!(open("f", o::RDONLY, 0));
    let writing = ok!(open("g", o::WRONLY | o::CREAT, 0o644));
    let appending = ok!(open("h", o::WRONLY | o::CREAT | o::APPEND, 0o644));
    let dir = ok!(open(".", o::RDONLY, 0));
    see!(copy_file_range(from, 0, reading, 0, 1), copy_file_range(writing, 0, from, 0, 1), copy_file_range(from, 0, appending, 0, 1));
    see!(copy_file_range(99, 0, from, 0, 1), copy_file_range(dir, 0, from, 0, 1), copy_file_range(from, 0, dir, 0, 1));
    let (_, pipe_end) = ok!(pipe(0));
    see!(copy_file_range(from, -1, pipe_end, -1, 1));
}

fn copy_range_in_one_file() {
    let fd = ok!(file("0123456789"));
    see!(copy_file_range(fd, 0, fd, 5, 5), get("f"), copy_file_range(fd, 0, fd, 2, 5), get("f"));
}

fn large_file() {
    let fd = ok!(file(""));
    let block: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
    for _ in 0..10 {
        let mut rest = &block[..];
        while !rest.is_empty() {
            rest = &rest[ok!(write_bytes(fd, rest))..];
        }
    }
    see!(size("f"), pread(fd, 4, 500_000), pread(fd, 4, 999_998));
    let Text(all) = ok!(get("f"));
    say!("same: {}", all.chunks(block.len()).all(|chunk| chunk == block));
}

fn large_offsets() {
    let fd = ok!(file(""));
    see!(lseek(fd, 5_000_000_000, SEEK_SET), write(fd, "far"), size("f"), pread(fd, 5, 4_999_999_999));
    see!(lseek(fd, i64::MAX, SEEK_CUR), pread(fd, 3, 5_000_000_001), ftruncate(fd, 1), size("f"));
}

fn renamed_while_open() {
    let fd = ok!(file("text"));
    ok!(rename("f", "g"));
    see!(write(fd, "TEXT"), get("g"), done(stat("f")));
    ok!(put("h", "other"));
    ok!(rename("h", "g"));
    see!(get("g"), pread(fd, 10, 0), fstat(fd).map(|stat| stat.nlink));
}

fn sync() {
    let fd = ok!(file("text"));
    let dir = ok!(open(".", o::RDONLY, 0));
    let (reading, _) = ok!(pipe(0));
    see!(fsync(fd), fsync(dir), fsync(reading), fsync(99));
}

fn truncate_then_read_at_position() {
    let fd = ok!(file("0123456789"));
    ok!(lseek(fd, 5, SEEK_SET));
    let other = ok!(open("f", o::WRONLY | o::TRUNC, 0));
    see!(read(fd, 5), write(other, "abc"), read(fd, 5), write(fd, "Z"), get("f"));
}

fn write_after_shrink() {
    let fd = ok!(file("0123456789"));
    ok!(lseek(fd, 10, SEEK_SET));
    see!(ftruncate(fd, 3), write(fd, "XY"), get("f"));
}
