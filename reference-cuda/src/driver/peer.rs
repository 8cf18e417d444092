//! Copies from device to device, in the order of both streams.
use super::{Context, Fault, Pointer};
use cudarc::driver::result::{self, event};
use cudarc::driver::sys::{self, CUevent_flags, CUevent_wait_flags};

/// A point in the work of a stream.
struct Event(sys::CUevent);

impl Event {
    /// The end of what was given to the context so far.
    fn record(context: &Context) -> Result<Event, Fault> {
        context.bind()?;
        let event = Event(context.heard(event::create(CUevent_flags::CU_EVENT_DISABLE_TIMING))?);
        // SAFETY: the event was just created, and the stream lives as long as the context.
        context.heard(unsafe { event::record(event.0, context.stream()) })?;
        Ok(event)
    }

    /// What is given to the context from now on comes after.
    fn before(&self, context: &Context) -> Result<(), Fault> {
        context.bind()?;
        // SAFETY: event and stream live.
        context.heard(unsafe { result::stream::wait_event(context.stream(), self.0, CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT) })
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: created by `record`, destroyed once; what waits for it goes on waiting.
        let _ = unsafe { event::destroy(self.0) };
    }
}

impl Context {
    /// Copies to memory of another context, or of this one. There are as many bytes behind `from` and behind `to`.
    pub(crate) fn copy_to(&self, from: Pointer, other: &Context, to: Pointer, bytes: usize) -> Result<(), Fault> {
        // The memory there may be in use until now.
        Event::record(other)?.before(self)?;
        self.bind()?;
        // SAFETY: both have the bytes; whoever frees one of them does so in the order of its stream, which is that of the copy.
        let copied = unsafe { result::memcpy_peer_async(other.handle(), to, self.handle(), from, bytes, self.stream()) };
        if let Err(e) = copied {
            // Which of the two is lost, if one is, each has to say.
            return self.synchronise().and(other.synchronise()).and(Err(Fault::new(Fault::from(e).text)));
        }
        Event::record(self)?.before(other)
    }
}
