/** PROXY protocol headers of version 2, byte by byte. */
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** @param command version and command: 0x21 PROXY, 0x20 LOCAL. @param kind family and transport: 0x11 TCP over IPv4. */
export function proxyV2(command: number, kind: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(payload.length);
  return Buffer.concat([SIGNATURE, Buffer.from([command, kind]), length, payload]);
}

/** The addresses of a TCP connection over IPv4, from this address, port 5000, to 10.0.0.2, port 80. */
export function v4Payload(source: readonly [number, number, number, number]): Buffer {
  return Buffer.from([...source, 10, 0, 0, 2, 0x13, 0x88, 0, 80]);
}
