/** Packs by hash, kept for as long as a request may name them: the collection `packs` of Habeas' own store. */
import { canonicalJson } from '../../domain/ledger/canonical-json.js';
import { withDefaults } from '../../domain/policy/defaults.js';
import type { FrozenPack, Pack } from '../../domain/policy/types.js';
import type { Packs } from '../../domain/ports/services.js';
import { guarded, type Db } from '../store/connect.js';
import { deepFreeze, freezePack, packHash } from './load-pack.js';

interface PackDocument {
  readonly _id: string;
  readonly operator: string;
  readonly version: string;
  /** Canonical JSON as text: field paths have dots, and the bytes are what was hashed. */
  readonly json: string;
}

export const PACK_ERROR_CODES = ['unknown_pack', 'altered_pack'] as const;

/** `unknown_pack`: no pack with this hash was ever kept. `altered_pack`: what is stored is not what was hashed. */
export class PackError extends Error {
  readonly code: (typeof PACK_ERROR_CODES)[number];
  constructor(code: (typeof PACK_ERROR_CODES)[number], hash: string) {
    super(`${code}: ${hash}`);
    this.name = 'PackError';
    this.code = code;
  }
}

/** Keeps packs and finds them again, also those that are no longer current (a request keeps the one it began with). */
export class PackStore implements Packs {
  readonly #db: Db;
  readonly #known = new Map<string, FrozenPack>();

  constructor(db: Db) {
    this.#db = db;
  }

  /** Keeps packs before a request may name them; saying it again changes nothing. Errors: StoreError. */
  async save(packs: Iterable<FrozenPack>): Promise<void> {
    for (const { hash, pack } of packs) {
      const json = canonicalJson(pack);
      if (packHash(json) !== hash) throw new PackError('altered_pack', hash);
      if (this.#known.has(hash)) continue;
      await guarded(() =>
        this.#collection().updateOne(
          { _id: hash },
          { $setOnInsert: { operator: pack.operator, version: pack.version, json } },
          { upsert: true },
        ),
      );
      this.#known.set(hash, freezePack(pack));
    }
  }

  /**
   * A pack by hash; read once, then remembered (packs never change).
   * @throws PackError `unknown_pack`, `altered_pack`; StoreError
   */
  async byHash(hash: string): Promise<FrozenPack> {
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const document = await guarded(() => this.#collection().findOne({ _id: hash }));
    if (document === null) throw new PackError('unknown_pack', hash);
    if (packHash(document.json) !== hash) throw new PackError('altered_pack', hash);
    // The bytes are those of a pack that was checked when it was loaded: the hash says so.
    const stored: Pack = JSON.parse(document.json);
    const frozen = Object.freeze({ hash, pack: deepFreeze(withDefaults(stored)) });
    this.#known.set(hash, frozen);
    return frozen;
  }

  #collection() {
    return this.#db.collection<PackDocument>('packs');
  }
}
