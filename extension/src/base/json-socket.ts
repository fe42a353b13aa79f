/** The little that bridges need of a WebSocket: one text frame is one JSON message. */
export interface JsonSocket {
  send(message: unknown): void;
  close(): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, with a sentence, however the connection ends. */
  onClose(listener: (reason: string) => void): void;
}
