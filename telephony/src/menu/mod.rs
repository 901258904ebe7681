//! Menu flows (流程): what a caller hears and what a key does, as data, and the interpreter that walks them.
//!
//! Not responsible for audio (it names prompts), for queues (it says which), or for reading flow files.

mod flow;
mod interpreter;
mod keys;
mod known;
mod spoken;

pub use flow::{Fact, Flow, Node};
pub use interpreter::{Menu, Step};
pub use spoken::Heard;
