//! The entry table at the start of the shared code, and calls through it.
//!
//! The code stands at one address in processes and at another in the kernel, so the table holds
//! distances from its own start.

use crate::page::ProcessPage;
use crate::ready::{Bitmap, Node, Ready};

/// Changes when a function of the table does.
pub const VERSION: u32 = 1;

/// Functions of the table, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
enum Function {
    Push = 0,
    Take = 1,
    Wake = 2,
    BeginPoll = 3,
    EndPoll = 4,
    Finish = 5,
}

pub const FUNCTIONS: usize = 6;

/// What the shared code begins with.
#[repr(C)]
#[derive(Debug)]
struct Table {
    version: u32,
    count: u32,
    /// Distance of each function from the table.
    functions: [u32; FUNCTIONS],
}

/// What taking the best coroutine came to.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Null where there is none.
    pub node: *const Node,
    /// 1: somebody else held the lock for too long; try again.
    pub busy: usize,
}

/// The queues are in use: try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// The shared code, by the address of its table.
#[derive(Clone, Copy, Debug)]
pub struct Scheduler {
    table: &'static Table,
}

impl Scheduler {
    /// The code whose table is at `address`. None where it is of another version.
    ///
    /// # Safety
    /// `address` is 0, or the shared code stands there for ever and may be executed.
    pub unsafe fn at(address: usize) -> Option<Self> {
        // SAFETY: the caller's promise; a table is aligned as the page that it begins.
        let table = unsafe { core::ptr::with_exposed_provenance::<Table>(address).as_ref() }?;
        (table.version == VERSION && table.count as usize == FUNCTIONS)
            .then_some(Scheduler { table })
    }

    fn address(self, function: Function) -> *const () {
        let start = core::ptr::from_ref(self.table).addr();
        let distance = self.table.functions[function as usize] as usize;
        core::ptr::with_exposed_provenance(start + distance)
    }

    /// Puts a coroutine, whose state says that it is ready, behind the others of its priority,
    /// and sets its bit.
    ///
    /// # Safety
    /// `node` is in no queue, and lives until it is taken out again.
    pub unsafe fn push(
        self,
        ready: &Ready,
        bitmap: &Bitmap,
        node: *const Node,
    ) -> Result<(), Busy> {
        type Push = unsafe extern "C" fn(&Ready, &Bitmap, *const Node) -> usize;
        // SAFETY: the table says that the function is there, and the caller keeps its promise.
        let busy = unsafe {
            core::mem::transmute::<*const (), Push>(self.address(Function::Push))(
                ready, bitmap, node,
            )
        };
        if busy == 0 { Ok(()) } else { Err(Busy) }
    }

    /// Takes the first coroutine of the best priority, if that is better than `limit`. Bits of
    /// empty queues are cleared, except where `page` has unread callbacks that they may stand for.
    pub fn take(
        self,
        ready: &Ready,
        bitmap: &Bitmap,
        page: Option<&ProcessPage>,
        limit: u8,
    ) -> Result<Option<*const Node>, Busy> {
        type Take = extern "C" fn(&Ready, &Bitmap, Option<&ProcessPage>, usize) -> Taken;
        // SAFETY: the table says that the function is there.
        let take = unsafe { core::mem::transmute::<*const (), Take>(self.address(Function::Take)) };
        let Taken { node, busy } = take(ready, bitmap, page, limit.into());
        if busy == 0 { Ok((!node.is_null()).then_some(node)) } else { Err(Busy) }
    }

    /// Wakes a coroutine. True where it waited: it is ready now, and wants a place in a queue.
    pub fn wake(self, node: &Node) -> bool {
        self.change(Function::Wake, node)
    }

    /// Whoever took the coroutine from its queue begins to poll it.
    pub fn begin_poll(self, node: &Node) {
        self.change(Function::BeginPoll, node);
    }

    /// The poll said Pending. True: the coroutine waits. False: it was woken meanwhile, is ready,
    /// and wants a place in a queue.
    pub fn end_poll(self, node: &Node) -> bool {
        self.change(Function::EndPoll, node)
    }

    /// The poll said Ready.
    pub fn finish(self, node: &Node) {
        self.change(Function::Finish, node);
    }

    fn change(self, function: Function, node: &Node) -> bool {
        type Change = extern "C" fn(&Node) -> usize;
        // SAFETY: the table says that the function is there.
        let change = unsafe { core::mem::transmute::<*const (), Change>(self.address(function)) };
        change(node) != 0
    }
}
