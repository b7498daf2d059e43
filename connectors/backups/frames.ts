import { DumpError } from './faults.js';

const SHORTEST = 5;
/** 16 MiB, and the little that entries of the oplog may exceed it. */
const LONGEST = 16 * 1024 * 1024 + 16 * 1024;

/**
 * Cuts a stream of bytes into BSON documents as raw slices, whatever the chunks' borders are. The bytes are never
 * decoded, so that what is not ours stays as it is. Throws DumpError `corrupt_document` for an impossible length or a
 * missing closing byte, `truncated` when the stream ends inside a document. Memory: one document and one chunk.
 */
export async function* documents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  /** Chunks that belong to a document that is not whole yet; joined once, not per chunk. */
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let wanted = 4;
  let offset = 0;
  for await (const chunk of chunks) {
    pending.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    pendingBytes += chunk.byteLength;
    if (pendingBytes < wanted) continue;
    rest = pending.length === 1 && pending[0] !== undefined ? pending[0] : Buffer.concat(pending);
    let at = 0;
    for (;;) {
      wanted = 4;
      if (rest.length - at < 4) break;
      const length = rest.readInt32LE(at);
      if (length < SHORTEST || length > LONGEST)
        throw new DumpError('corrupt_document', `impossible length at byte ${offset + at}`);
      wanted = length;
      if (rest.length - at < length) break;
      if (rest[at + length - 1] !== 0)
        throw new DumpError('corrupt_document', `no closing byte at byte ${offset + at + length - 1}`);
      yield rest.subarray(at, at + length);
      at += length;
    }
    offset += at;
    rest = rest.subarray(at);
    pending = rest.length === 0 ? [] : [rest];
    pendingBytes = rest.length;
  }
  if (pendingBytes > 0) throw new DumpError('truncated', `the file ends inside the document at byte ${offset}`);
}
