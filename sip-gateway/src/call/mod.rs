//! One leg's course, from INVITE to its end, and the few things that touch several legs: forking to
//! an agent's devices, digits that come twice, causes. Pure; who sends and plays is the live half's.

pub mod cause;
pub mod digits;
pub mod fork;
pub mod leg;
