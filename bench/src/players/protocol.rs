//! A backend of the protocol, through the public face.
use super::local::{Call, Library};
use crate::digest::thinned;
use array_protocol::{Array, Backend, Error, HostArray, Result};

/// What rows say to a backend.
pub trait Says<B: Backend> {
    /// The name of the backend in the report.
    const NAME: &'static str;

    /// The call; `None` where there is none.
    fn call(&self) -> Option<Call<Array<B>, Error>>;

    /// Lets the backend give back memory that it keeps for later.
    ///
    /// # Errors
    /// Those of the backend.
    fn tidy(_backend: &B) -> Result<()> {
        Ok(())
    }
}

/// A backend.
pub struct Protocol<B>(pub B);

impl<B: Backend, R: Says<B>> Library<R> for Protocol<B> {
    const NAME: &'static str = R::NAME;
    type Array = Array<B>;
    type Error = Error;

    fn upload(&self, x: &HostArray) -> Result<Array<B>> {
        Array::from_host(&self.0, x)
    }
    fn download(x: &Array<B>) -> Result<HostArray> {
        x.to_host()
    }
    fn compared(x: &Array<B>, most: usize) -> Result<(HostArray, usize)> {
        thinned(x, most)
    }
    fn wait(&self) -> Result<()> {
        self.0.sync()
    }
    fn tidy(&self) -> Result<()> {
        R::tidy(&self.0)
    }
    fn call(row: &R) -> Option<Call<Array<B>, Error>> {
        row.call()
    }
}
