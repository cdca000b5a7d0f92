//! The examples of hotconfig: one file each, in this folder. Each begins with the command to run
//! it.
