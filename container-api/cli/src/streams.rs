//! This process's own streams, joined to the program's.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, BorrowedFd},
    sync::mpsc::{self, Receiver},
    thread,
};

/// Bytes passed on at once.
const CHUNK_BYTES: usize = 64 << 10;
/// What a terminal's reader takes for the end of input: ^D, VEOF.
const END_OF_INPUT: u8 = 4;

/// From the program to one of our own streams, unbuffered, to the end; tells then why ours could not be written.
pub(crate) fn pass_out(
    mut stream: impl Read + Send + 'static,
    target: BorrowedFd<'_>,
) -> io::Result<Receiver<io::Result<()>>> {
    let mut target = File::from(target.try_clone_to_owned()?);
    let (end, ended) = mpsc::channel();
    thread::Builder::new().name("oac output".into()).spawn(move || {
        let mut chunk = vec![0; CHUNK_BYTES];
        let result = loop {
            match stream.read(&mut chunk) {
                Ok(len) if len > 0 => match target.write_all(&chunk[..len]) {
                    Ok(()) => {}
                    // Nobody reads ours any more: dropping the program's tells it so, and it is no mistake.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break Ok(()),
                    Err(error) => break Err(error),
                },
                // A terminal that all have left ends with an error (EIO).
                _ => break Ok(()),
            }
        };
        drop(stream);
        // Nobody waits for it when this process is told to end.
        let _ = end.send(result);
    })?;
    Ok(ended)
}

/// From our input to the program's. The thread is left behind in its read when the program ends. The end of our input is the end
/// of a pipe; on a terminal it is a key.
pub(crate) fn pass_in(mut stream: impl Write + Send + 'static, to_terminal: bool) -> io::Result<()> {
    let mut source = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    thread::Builder::new().name("oac input".into()).spawn(move || {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            match source.read(&mut chunk) {
                Ok(0) if to_terminal => {
                    let _ = stream.write_all(&[END_OF_INPUT]);
                    // The terminal stays: dropping it would hang up.
                    loop {
                        thread::park();
                    }
                }
                Ok(len) if len > 0 && stream.write_all(&chunk[..len]).is_ok() => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => return,
            }
        }
    })?;
    Ok(())
}
