//! A library of this process.
use super::Player;
use crate::clock::Clock;
use crate::digest::Digest;
use crate::inputs::Datum;
use array_protocol::HostArray;
use std::collections::HashMap;
use std::fmt::Display;
use std::hint::black_box;

/// What a row says to a library.
pub type Call<A, E> = fn(&[A]) -> Result<A, E>;

/// An array library, and what rows of a kind say to it.
pub trait Library<R>: Sized {
    /// Its name in the report.
    const NAME: &'static str;
    /// Clones share memory.
    type Array: Clone;
    /// What goes wrong.
    type Error: Display;

    /// An array with these elements.
    ///
    /// # Errors
    /// What went wrong; here and below.
    fn upload(&self, x: &HostArray) -> Result<Self::Array, Self::Error>;
    /// Its elements.
    ///
    /// # Errors
    /// As above.
    fn download(x: &Self::Array) -> Result<HostArray, Self::Error>;
    /// What is compared of a result with more than `most` elements, and the bytes of all; without another word everything.
    ///
    /// # Errors
    /// As above.
    fn compared(x: &Self::Array, _most: usize) -> Result<(HostArray, usize), Self::Error> {
        let all = Self::download(x)?;
        let bytes = all.bytes().len();
        Ok((all, bytes))
    }

    /// Waits until all calls are done; those of most libraries are when they return.
    ///
    /// # Errors
    /// As above.
    fn wait(&self) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Gives back memory that is kept for later, before a row begins.
    ///
    /// # Errors
    /// As above.
    fn tidy(&self) -> Result<(), Self::Error> {
        Ok(())
    }

    /// What to run; `None` where it has no such operation.
    fn call(row: &R) -> Option<Call<Self::Array, Self::Error>>;
}

/// A library, the inputs that it has, and what it is to run.
pub struct Local<R, L: Library<R>> {
    library: L,
    kept: HashMap<String, L::Array>,
    inputs: Vec<L::Array>,
    call: Option<Call<L::Array, L::Error>>,
}

impl<R, L: Library<R>> Local<R, L> {
    /// With nothing to run yet.
    pub fn new(library: L) -> Self {
        Local { library, kept: HashMap::new(), inputs: Vec::new(), call: None }
    }

    fn wait(&self) -> Result<(), String> {
        self.library.wait().map_err(|e| e.to_string())
    }

    fn work(&self) -> Result<Call<L::Array, L::Error>, String> {
        self.call.ok_or_else(|| "nothing to run".into())
    }
}

impl<R, L: Library<R>> Player<R> for Local<R, L> {
    fn name(&self) -> &'static str {
        L::NAME
    }

    fn prepare(&mut self, row: &R, data: &[Datum]) -> Result<bool, String> {
        self.call = L::call(row);
        self.inputs.clear();
        if self.call.is_none() {
            self.kept.clear();
            return Ok(false);
        }
        self.kept.retain(|key, _| data.iter().any(|d| d.key == *key));
        self.library.tidy().map_err(|e| e.to_string())?;
        for datum in data {
            if !self.kept.contains_key(&datum.key) {
                let host = datum.host().map_err(|e| e.to_string())?;
                self.kept.insert(datum.key.clone(), self.library.upload(host).map_err(|e| e.to_string())?);
            }
            self.inputs.extend(self.kept.get(&datum.key).cloned());
        }
        Ok(true)
    }

    fn digest(&mut self, clock: Clock, most: usize) -> Result<(Digest, u64), String> {
        self.wait()?;
        let start = clock.now();
        let out = self.work()?(black_box(&self.inputs)).map_err(|e| e.to_string())?;
        self.wait()?;
        let ns = clock.now() - start;
        let (some, bytes) = L::compared(&out, most).map_err(|e| e.to_string())?;
        Ok((Digest::of(&some, bytes)?, ns))
    }

    fn time(&mut self, calls: u64, clock: Clock) -> Result<u64, String> {
        let call = self.work()?;
        self.wait()?;
        let start = clock.now();
        for _ in 0..calls {
            // By reference: moving the result about is not part of the call.
            if let Err(e) = black_box(&call(black_box(&self.inputs))) {
                return Err(e.to_string());
            }
        }
        self.wait()?;
        Ok(clock.now() - start)
    }
}
