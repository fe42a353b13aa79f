//! A small tree, whole and damaged.

use super::devices::Device;
use super::*;

/// A structure block under construction; property names are offsets into `STRINGS`.
struct Builder(Vec<u8>);

const STRINGS: &[u8] = b"#address-cells\0#size-cells\0reg\0timebase-frequency\0bootargs\0status\0\
    compatible\0phandle\0interrupts\0interrupts-extended\0";

impl Builder {
    fn word(&mut self, word: u32) {
        self.0.extend(word.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    fn node(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.word(BEGIN_NODE);
        self.bytes(format!("{name}\0").as_bytes());
        content(self);
        self.word(END_NODE);
    }

    fn property(&mut self, name: &str, value: &[u8]) {
        let name = format!("{name}\0");
        let at = STRINGS.windows(name.len()).position(|here| here == name.as_bytes());
        self.word(PROPERTY);
        self.word(value.len() as u32);
        self.word(at.unwrap() as u32);
        self.bytes(value);
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// Two harts (the third is disabled), 128 MiB of memory, arguments, and devices behind a PLIC
/// that serves the M-mode and S-mode of each hart.
fn sample() -> Vec<u8> {
    let mut tree = Builder(Vec::new());
    tree.node("", |root| {
        root.property("#address-cells", &2u32.to_be_bytes());
        root.property("#size-cells", &2u32.to_be_bytes());
        root.node("chosen", |chosen| chosen.property("bootargs", b"workload=ring\0"));
        root.node("soc", |soc| {
            soc.property("#address-cells", &words(&[2]));
            soc.property("#size-cells", &words(&[2]));
            for (address, source) in [(0x1000_2000, 2), (0x1000_1000, 1)] {
                soc.node(&format!("virtio_mmio@{address:x}"), |slot| {
                    slot.property("compatible", b"virtio,mmio\0");
                    slot.property("reg", &words(&[0, address, 0, 0x1000]));
                    slot.property("interrupts", &words(&[source]));
                });
            }
            soc.node("serial@10000000", |serial| {
                serial.property("reg", &words(&[0, 0x1000_0000, 0, 0x100]));
                serial.property("interrupts", &words(&[10]));
                serial.property("compatible", b"ns16550a\0");
            });
            soc.node("plic@c000000", |plic| {
                plic.property("compatible", b"sifive,plic-1.0.0\0riscv,plic0\0");
                plic.property("reg", &words(&[0, 0xC00_0000, 0, 0x60_0000]));
                let contexts = [0x70, 11, 0x70, 9, 0x71, 11, 0x71, 9, 0x72, 11, 0x72, 9];
                plic.property("interrupts-extended", &words(&contexts));
            });
        });
        root.node("memory@80000000", |memory| {
            let region = [0x8000_0000_u64, 0x800_0000].map(u64::to_be_bytes).concat();
            memory.property("reg", &region);
        });
        root.node("cpus", |cpus| {
            cpus.property("timebase-frequency", &10_000_000u32.to_be_bytes());
            for (hart, status) in [(0u32, "okay\0"), (1, "okay\0"), (2, "disabled\0")] {
                cpus.node(&format!("cpu@{hart}"), |cpu| {
                    cpu.property("reg", &hart.to_be_bytes());
                    cpu.property("status", status.as_bytes());
                    cpu.node("interrupt-controller", |controller| {
                        controller.property("reg", &7u32.to_be_bytes());
                        controller.property("phandle", &words(&[0x70 + hart]));
                    });
                });
            }
        });
    });
    tree.word(END);

    let (structure, strings) = (tree.0, STRINGS);
    let at = 40;
    let words = [
        MAGIC,
        (at + structure.len() + strings.len()) as u32,
        at as u32,
        (at + structure.len()) as u32,
        0,
        17,
        16,
        0,
        strings.len() as u32,
        structure.len() as u32,
    ];
    [words.map(u32::to_be_bytes).concat(), structure, strings.to_vec()].concat()
}

#[test]
fn reads_what_the_kernel_must_know() {
    let blob = sample();
    let machine = parse(&blob, 0x8020_0000).unwrap();
    assert_eq!(machine.harts, 0b11);
    assert_eq!(machine.memory, 0x8000_0000..0x8800_0000);
    assert_eq!(machine.timebase, 10_000_000);
    assert_eq!(machine.bootargs, "workload=ring");
}

#[test]
fn devices_are_found_with_their_interrupts() {
    let blob = sample();
    let devices = parse(&blob, 0x8020_0000).unwrap().devices;
    let device =
        |start, size, interrupt| Some(Device { registers: start..start + size, interrupt });
    assert_eq!(devices.uart, device(0x1000_0000, 0x100, 10));
    assert_eq!(
        devices.virtio[..2],
        [device(0x1000_1000, 0x1000, 1), device(0x1000_2000, 0x1000, 2)]
    );
    assert_eq!(devices.virtio[2..], [const { None }; 6]);
    let plic = devices.plic.unwrap();
    assert_eq!(plic.registers, 0xC00_0000..0xC60_0000);
    assert_eq!(plic.contexts[..3], [Some(1), Some(3), None]);
}

#[test]
fn memory_without_the_kernel_is_none() {
    assert_eq!(parse(&sample(), 0x1000).unwrap_err(), Error::NoMemory);
}

#[test]
fn a_short_blob_is_an_error() {
    let blob = sample();
    (0..blob.len()).for_each(|length| assert!(parse(&blob[..length], 0x8020_0000).is_err()));
}

/// Any answer will do, as long as there is one.
#[test]
fn damaged_bytes_do_no_harm() {
    let mut random = 1u64;
    for _ in 0..20_000 {
        let mut blob = sample();
        for _ in 0..3 {
            random = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            let at = (random >> 33) as usize % blob.len();
            blob[at] = (random >> 20) as u8;
        }
        let _ = parse(&blob, 0x8020_0000);
    }
}
