//! The half that touches the world: keys, the folder, the writing thread, the opening, whisper.
//!
//! - [`keys`]: the file key and the two locks on it
//! - [`store`]: the folder of sealed files, recovery after a crash, destruction
//! - [`recorder`]: the one thread that writes
//! - [`keeper`]: opens, gives sound
//! - [`todo`]: which recordings wait for a transcript, as files
//! - [`model`]: checks a model file before whisper.cpp sees it
//! - [`transcription`]: sound to text

pub mod keeper;
pub mod keys;
pub mod model;
pub mod recorder;
pub mod store;
pub mod todo;
pub mod transcription;
