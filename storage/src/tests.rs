//! The store as a whole: each file a promise that it keeps.

mod support;

mod accounts;
mod backups;
mod checking;
mod damage;
mod faults;
mod lists;
mod members;
mod model;
mod opening;
mod reading;
mod restart;
mod retention;
mod saying;
mod segments;
mod together;
mod transfers;
