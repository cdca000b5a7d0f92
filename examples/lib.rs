//! The examples of hotconfig: one file each, beside this one. Each begins with how to run it.
