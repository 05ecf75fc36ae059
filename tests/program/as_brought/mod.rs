//! Certificate files, passwords and settings as people really bring them, through every place that reads
//! them. The files are made here; beside each stands what openssl says of it, where that is installed.

mod accidents;
mod bench;
mod forms;
mod keys;
mod leaks;
mod passwords;
mod tools;
