//! The entry table at the start of the shared code, and calls through it.
//!
//! The code stands at one address in processes and at another in the kernel, so the table holds
//! distances from its own start.

use crate::page::ProcessPage;
use crate::ready::{Bitmap, Node, Ready, State};

/// Changes when a function of the table does.
pub const VERSION: u32 = 2;

/// Functions of the table, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
enum Function {
    Push = 0,
    Take = 1,
    Remove = 2,
    Wake = 3,
    BeginPoll = 4,
    EndPoll = 5,
    Finish = 6,
}

pub const FUNCTIONS: usize = 7;

/// What the shared code begins with.
#[repr(C)]
#[derive(Debug)]
struct Table {
    version: u32,
    count: u32,
    /// Distance of each function from the table.
    functions: [u32; FUNCTIONS],
}

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

    /// The same, for whom [`at`](Scheduler::at) has had a look before.
    ///
    /// # Safety
    /// It found the code there.
    #[inline]
    pub unsafe fn found_at(address: usize) -> Self {
        // SAFETY: the caller's promise.
        Scheduler { table: unsafe { &*core::ptr::with_exposed_provenance::<Table>(address) } }
    }

    #[inline]
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
    #[inline]
    pub unsafe fn push(self, ready: &mut Ready, bitmap: &Bitmap, node: *const Node) {
        type Push = unsafe extern "C" fn(&mut Ready, &Bitmap, *const Node);
        // SAFETY: the table says that the function is there, and the caller keeps its promise.
        unsafe {
            core::mem::transmute::<*const (), Push>(self.address(Function::Push))(
                ready, bitmap, node,
            )
        };
    }

    /// Takes the first coroutine of the best priority, if that is better than `limit`. Bits of
    /// empty queues are cleared, except where `page` has unread callbacks that they may stand for.
    #[inline]
    pub fn take(
        self,
        ready: &mut Ready,
        bitmap: &Bitmap,
        page: Option<&ProcessPage>,
        limit: u8,
    ) -> Option<*const Node> {
        type Take =
            extern "C" fn(&mut Ready, &Bitmap, Option<&ProcessPage>, usize) -> *const Node;
        // SAFETY: the table says that the function is there.
        let take = unsafe { core::mem::transmute::<*const (), Take>(self.address(Function::Take)) };
        let node = take(ready, bitmap, page, limit.into());
        (!node.is_null()).then_some(node)
    }

    /// Takes out a coroutine wherever it is in its queue; false where it is in none. `node` is in
    /// these queues, if in any.
    #[inline]
    pub fn remove(
        self,
        ready: &mut Ready,
        bitmap: &Bitmap,
        page: Option<&ProcessPage>,
        node: &Node,
    ) -> bool {
        type Remove = extern "C" fn(&mut Ready, &Bitmap, Option<&ProcessPage>, &Node) -> usize;
        let address = self.address(Function::Remove);
        // SAFETY: the table says that the function is there.
        let remove = unsafe { core::mem::transmute::<*const (), Remove>(address) };
        remove(ready, bitmap, page, node) != 0
    }

    /// Wakes a coroutine. True where it waited: it is ready now, and wants a place in a queue.
    #[inline]
    pub fn wake(self, node: &Node) -> bool {
        self.change(Function::Wake, node)
    }

    /// Whoever took the coroutine from its queue begins to poll it. False where its state did not
    /// say that it was ready: it was queued twice.
    #[inline]
    pub fn begin_poll(self, node: &Node) -> bool {
        self.change(Function::BeginPoll, node)
    }

    /// The poll said Pending. True: the coroutine waits. False: it was woken meanwhile, is ready,
    /// and wants a place in a queue.
    #[inline]
    pub fn end_poll(self, node: &Node) -> bool {
        self.change(Function::EndPoll, node)
    }

    /// The poll said Ready, or the future was dropped: `last` is Done or Cancelled.
    #[inline]
    pub fn finish(self, node: &Node, last: State) {
        type Finish = extern "C" fn(&Node, u8);
        let address = self.address(Function::Finish);
        // SAFETY: the table says that the function is there.
        let finish = unsafe { core::mem::transmute::<*const (), Finish>(address) };
        finish(node, last as u8);
    }

    #[inline]
    fn change(self, function: Function, node: &Node) -> bool {
        type Change = extern "C" fn(&Node) -> usize;
        // SAFETY: the table says that the function is there.
        let change = unsafe { core::mem::transmute::<*const (), Change>(self.address(function)) };
        change(node) != 0
    }
}
