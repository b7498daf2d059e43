/** What a receiver has: one folder, a part file and a note per transfer. Where it stands is the length of the part file. */
import {
  appendFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';

export interface TransferNote {
  readonly transferId: string;
  readonly senderKeyId: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The signed receipt, as it was given. */
  readonly receipt: unknown;
}

export class ReceiverStore {
  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** The receiver's own signing key, made at its first start. */
  key(): KeyObject {
    const file = join(this.folder, 'key.jwk');
    if (!existsSync(file)) {
      const { privateKey } = generateKeyPairSync('ed25519');
      writeFileSync(file, JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600 });
    }
    return createPrivateKey({ key: JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>, format: 'jwk' });
  }

  note(transferId: string): TransferNote | null {
    const file = join(this.folder, `${transferId}.json`);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as TransferNote) : null;
  }

  /** Names of all transfers that were opened. */
  transfers(): string[] {
    return readdirSync(this.folder)
      .filter((name) => name.startsWith('tr_') && name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length))
      .sort();
  }

  keep(note: TransferNote): void {
    const file = join(this.folder, `${note.transferId}.json`);
    writeFileSync(`${file}.new`, JSON.stringify(note));
    renameSync(`${file}.new`, file);
  }

  path(transferId: string): string {
    return join(this.folder, `${transferId}.part`);
  }

  offset(transferId: string): number {
    const file = this.path(transferId);
    return existsSync(file) ? statSync(file).size : 0;
  }

  append(transferId: string, bytes: Uint8Array): void {
    appendFileSync(this.path(transferId), bytes);
  }

  /** What came does not add up to what was announced: begin again. */
  restart(transferId: string): void {
    if (existsSync(this.path(transferId))) truncateSync(this.path(transferId), 0);
  }

  async sha256(transferId: string): Promise<string> {
    const hash = createHash('sha256');
    if (existsSync(this.path(transferId)))
      for await (const chunk of createReadStream(this.path(transferId))) hash.update(chunk as Buffer);
    return hash.digest('hex');
  }
}
