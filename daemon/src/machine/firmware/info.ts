/**
 * What OpenSBI's fw_dynamic wants to be told about the next stage: its `fw_dynamic_info`, whose
 * address a2 holds at reset. Source: OpenSBI, docs/firmware/fw_dynamic.md.
 */

/** "OSBI". */
const MAGIC = 0x4942_534fn;
const VERSION = 2n;
const SUPERVISOR = 1n;

/** Magic, version, next address, next mode, options, boot hart: a doubleword each. */
export function firmwareInfo(entry: number, bootHart = 0): Uint8Array {
  const fields = [MAGIC, VERSION, BigInt(entry), SUPERVISOR, 0n, BigInt(bootHart)];
  const bytes = new Uint8Array(8 * fields.length);
  const view = new DataView(bytes.buffer);
  fields.forEach((field, index) => {
    view.setBigUint64(8 * index, field, true);
  });
  return bytes;
}
