//! temporary
use oac_abi::Errno;
pub(crate) trait Gap {
    fn pass_fd(&mut self, from: oac_kernel::TaskId, fd: i32, to: oac_kernel::TaskId) -> Result<i32, Errno>;
}
impl Gap for oac_kernel::Kernel {
    fn pass_fd(&mut self, _: oac_kernel::TaskId, _: i32, _: oac_kernel::TaskId) -> Result<i32, Errno> {
        Err(Errno::ENOSYS)
    }
}
pub(crate) trait Gap2 {
    fn permits(&self, url: &str) -> Result<(), Errno>;
}
impl Gap2 for oac_kernel::NetworkCapability {
    fn permits(&self, _: &str) -> Result<(), Errno> {
        Ok(())
    }
}
