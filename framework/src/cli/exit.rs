//! The exit codes of the program; [`HELP`] documents them below `--help`.

/// The command did what it was asked to.
pub const DONE: u8 = 0;
/// A method is significantly worse than before, and `--fail-on-drop` asks for this.
pub const DROP: u8 = 1;
/// The arguments are not valid; `clap` exits with the same code.
pub const USAGE: u8 = 2;
/// A file has invalid contents, two records of a cell differ, a component cannot be made on this machine
/// or breaks a promise of its kind, or a plugin is refused (`EX_DATAERR`).
pub const BAD_DATA: u8 = 65;
/// The engine of a cluster cannot be asked, or refuses (`EX_UNAVAILABLE`).
pub const UNAVAILABLE: u8 = 69;
/// At least one run did not finish (`EX_SOFTWARE`).
pub const RUN_FAILED: u8 = 70;
/// A file cannot be read or written (`EX_IOERR`).
pub const IO: u8 = 74;
/// The run was stopped before its end (`EX_TEMPFAIL`).
pub const INTERRUPTED: u8 = 75;

/// The documentation of the exit codes.
pub const HELP: &str = "\
Exit codes:
   0  done
   1  report --against OLD --fail-on-drop: something is significantly worse than before
   2  wrong usage
  65  a suite, a record, a checkpoint or a file of scores is not valid, or two records of a cell differ,
      or a component cannot be made on this machine or breaks a promise of its kind, or a plugin is refused
  69  the engine of the cluster cannot be asked, or refuses
  70  at least one run did not finish; its record says why. Or a component panicked or ended the process
  74  a file could not be read or written; what is written stays, and the same command continues
  75  stopped before the end; the same command continues the run where it is";
