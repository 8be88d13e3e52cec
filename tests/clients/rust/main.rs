//! The client over reqwest against the scripted server that every language's clients are tested with: real sockets, and waits
//! that only a virtual clock sees.

mod credentials;
mod faults;
mod limits;
mod parity;
mod redirects;
mod scripted;
mod waits;
