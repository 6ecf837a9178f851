use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

/// What is freed is wiped: a secret also passes through buffers of the SDK, of HTTP and of TLS,
/// which wipe nothing.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    kmsdeck::cli::main()
}
