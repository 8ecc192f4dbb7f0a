//! Any line for `/task/<id>/ctl` is a command or EINVAL; a command's words survive being written as a namespace prints them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oac_abi::Errno;
use oac_kernel::Command;

fn escape(path: &[u8]) -> String {
    path.iter().map(|byte| format!("\\{byte:03o}")).collect()
}

fuzz_target!(|data: &[u8]| match Command::parse(data) {
    Err(errno) => assert_eq!(errno, Errno::EINVAL),
    Ok(Command::Bind { source, target, .. }) => {
        let line = format!("bind -b {} {}\n", escape(&source), escape(&target));
        assert_eq!(
            Command::parse(line.as_bytes()),
            Ok(Command::Bind { flags: oac_abi::flags::bind::BEFORE, source, target })
        );
    }
    Ok(Command::Unbind { target }) => {
        let line = format!("unbind {}", escape(&target));
        assert_eq!(Command::parse(line.as_bytes()), Ok(Command::Unbind { target }));
    }
    Ok(Command::Kill(_) | Command::Start) => {}
});
