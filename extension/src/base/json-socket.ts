/** The little that bridges need of a WebSocket: one text frame is one JSON message. */
export interface JsonSocket {
  send(message: unknown): void;
  close(): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, with a clause, however the connection ends; `peer`: the other side gave the reason. */
  onClose(listener: (reason: string, peer: boolean) => void): void;
}
