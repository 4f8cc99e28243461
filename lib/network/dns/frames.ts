/** DNS over TCP: each message after two bytes of its length (RFC 1035, section 4.2.2). */

export function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(message.length);
  return Buffer.concat([head, message]);
}

/** Takes a stream's chunks, and gives each whole message. */
export function frames(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const size = pending.readUInt16BE(0);
      const message = pending.subarray(2, 2 + size);
      pending = pending.subarray(2 + size);
      onMessage(message);
    }
  };
}
