//! A library of this process.
use super::Player;
use crate::clock::Clock;
use crate::digest::Digest;
use crate::inputs::Datum;
use crate::rows::Row;
use array_protocol::HostArray;
use std::collections::HashMap;
use std::fmt::Display;
use std::hint::black_box;

/// What a row says to a library.
pub(crate) type Call<L> = fn(&[<L as Library>::Array]) -> Result<<L as Library>::Array, <L as Library>::Error>;

/// An array library.
pub(crate) trait Library: Sized {
    const NAME: &'static str;
    /// Clones share memory.
    type Array: Clone;
    type Error: Display;

    fn upload(&self, x: &HostArray) -> Result<Self::Array, Self::Error>;
    fn download(x: &Self::Array) -> Result<HostArray, Self::Error>;
    fn call(row: &Row) -> Option<Call<Self>>;
}

/// A library, the inputs that it has, and what it is to run.
pub(crate) struct Local<L: Library> {
    library: L,
    kept: HashMap<String, L::Array>,
    inputs: Vec<L::Array>,
    call: Option<Call<L>>,
}

impl<L: Library> Local<L> {
    pub(crate) fn new(library: L) -> Self {
        Local { library, kept: HashMap::new(), inputs: Vec::new(), call: None }
    }

    fn run(&self) -> Result<L::Array, String> {
        let call = self.call.ok_or("nothing to run")?;
        call(black_box(&self.inputs)).map_err(|e| e.to_string())
    }
}

impl<L: Library> Player for Local<L> {
    fn name(&self) -> &'static str {
        L::NAME
    }

    fn prepare(&mut self, row: &Row, data: &[Datum]) -> Result<bool, String> {
        self.call = L::call(row);
        self.inputs.clear();
        if self.call.is_none() {
            self.kept.clear();
            return Ok(false);
        }
        self.kept.retain(|key, _| data.iter().any(|d| d.key == *key));
        for datum in data {
            if !self.kept.contains_key(&datum.key) {
                let host = datum.host().map_err(|e| e.to_string())?;
                self.kept.insert(datum.key.clone(), self.library.upload(host).map_err(|e| e.to_string())?);
            }
            self.inputs.extend(self.kept.get(&datum.key).cloned());
        }
        Ok(true)
    }

    fn digest(&mut self, clock: Clock) -> Result<(Digest, u64), String> {
        let start = clock.now();
        let out = self.run()?;
        let ns = clock.now() - start;
        Ok((Digest::of(&L::download(&out).map_err(|e| e.to_string())?)?, ns))
    }

    fn time(&mut self, calls: u64, clock: Clock) -> Result<u64, String> {
        let start = clock.now();
        for _ in 0..calls {
            drop(black_box(self.run()?));
        }
        Ok(clock.now() - start)
    }
}
