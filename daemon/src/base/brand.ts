/**
 * Units as types. A branded value is an ordinary bigint or number at run time, but the compiler
 * keeps a virtual address from being used where a physical one, a time or an offset is meant.
 */
declare const unit: unique symbol;
export type Brand<T, Unit extends string> = T & { readonly [unit]: Unit };

/** A virtual address of the guest: unsigned, 0 to 2^64 - 1. */
export type Address = Brand<bigint, "Address">;
/** A physical address of the guest. Sv39 and Sv48 give 56 bits; a double counts exactly to 2^53. */
export type PhysicalAddress = Brand<number, "PhysicalAddress">;
/** Instructions retired by all harts since reset. Orders everything that happens in the machine. */
export type MachineTime = Brand<number, "MachineTime">;

export const address = (value: bigint | number): Address =>
  BigInt.asUintN(64, BigInt(value)) as Address;
export const physical = (value: number): PhysicalAddress => value as PhysicalAddress;
export const machineTime = (value: number): MachineTime => value as MachineTime;

/** `0x` and lower-case hexadecimal digits, as addresses and 64-bit values travel on the wire. */
export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
