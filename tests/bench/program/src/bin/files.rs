//! `files DIRECTORY`: what files cost, by `std::fs` alone, so that the same source runs on Linux and in a container.
//!
//! Prints lines of a name and milliseconds: the fastest of several rounds, since what disturbs only adds.

use std::{
    fs::{self, File},
    hint::black_box,
    io::{Read, Result, Write},
    path::{Path, PathBuf},
    time::Instant,
};

const ROUNDS: usize = 3;
const DIRECTORIES: usize = 100;
const FILES_PER_DIRECTORY: usize = 100;
const SMALL_BYTES: usize = 1 << 10;
/// 1 GB in all.
const LARGE_FILES: usize = 4;
const LARGE_BYTES: usize = 256 << 20;
const CHUNK_BYTES: usize = 256 << 10;

fn main() -> Result<()> {
    let root = PathBuf::from(std::env::args().nth(1).expect("a directory to work in"));
    let mut best: Vec<(&str, f64)> = Vec::new();
    for _ in 0..ROUNDS {
        for (index, (name, ms)) in small(&root)?.into_iter().chain(large(&root)?).enumerate() {
            match best.get_mut(index) {
                Some((_, least)) => *least = least.min(ms),
                None => best.push((name, ms)),
            }
        }
    }
    for (name, ms) in best {
        println!("{name} {ms:.3}");
    }
    Ok(())
}

fn timed(name: &'static str, work: impl FnOnce() -> Result<()>) -> Result<(&'static str, f64)> {
    let start = Instant::now();
    work()?;
    Ok((name, start.elapsed().as_secs_f64() * 1000.0))
}

fn small(root: &Path) -> Result<Vec<(&'static str, f64)>> {
    let dirs: Vec<PathBuf> = (0..DIRECTORIES).map(|dir| root.join(format!("small-{dir}"))).collect();
    let files: Vec<PathBuf> = dirs
        .iter()
        .flat_map(|dir| (0..FILES_PER_DIRECTORY).map(|file| dir.join(format!("file-{file}"))))
        .collect();
    let moved: Vec<PathBuf> = files.iter().map(|file| file.with_extension("moved")).collect();
    let bytes = vec![7; SMALL_BYTES];
    dirs.iter().try_for_each(fs::create_dir)?;
    let results = vec![
        timed("create", || files.iter().try_for_each(|file| File::create(file).map(drop)))?,
        timed("write", || files.iter().try_for_each(|file| fs::write(file, &bytes)))?,
        timed("read", || {
            files.iter().try_for_each(|file| fs::read(file).map(|read| assert_eq!(read, bytes)))
        })?,
        timed("stat", || {
            files.iter().try_for_each(|file| fs::metadata(file).map(|stat| drop(black_box(stat))))
        })?,
        timed("readdir", || {
            dirs.iter().try_for_each(|dir| {
                let entries = fs::read_dir(dir)?.collect::<Result<Vec<_>>>()?;
                assert_eq!(entries.len(), FILES_PER_DIRECTORY);
                Ok(())
            })
        })?,
        timed("rename", || files.iter().zip(&moved).try_for_each(|(old, new)| fs::rename(old, new)))?,
        timed("remove", || moved.iter().try_for_each(fs::remove_file))?,
    ];
    dirs.iter().try_for_each(fs::remove_dir)?;
    Ok(results)
}

fn large(root: &Path) -> Result<Vec<(&'static str, f64)>> {
    let files: Vec<PathBuf> = (0..LARGE_FILES).map(|file| root.join(format!("large-{file}"))).collect();
    let mut chunk = vec![7; CHUNK_BYTES];
    let results = vec![
        timed("large-write", || {
            files.iter().try_for_each(|file| {
                let mut file = File::create(file)?;
                (0..LARGE_BYTES / CHUNK_BYTES).try_for_each(|_| file.write_all(&chunk))
            })
        })?,
        timed("large-read", || {
            files.iter().try_for_each(|file| {
                let mut file = File::open(file)?;
                (0..LARGE_BYTES / CHUNK_BYTES).try_for_each(|_| file.read_exact(&mut chunk))
            })
        })?,
    ];
    files.iter().try_for_each(fs::remove_file)?;
    Ok(results)
}
