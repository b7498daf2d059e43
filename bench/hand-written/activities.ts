/**
 * What the hand-written workflow calls: plain activities over the same stub connectors and the same stub mail. With
 * `keep` it also leaves what the same outcome needs at the least: a note of each erasure before it begins and after it
 * was read back, the letter, and a signed certificate.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { dataMap } from '../../domain/certificate/index.js';
import { buildPlan, refsOfPart } from '../../domain/plan/build-plan.js';
import { backupQuestion, type BackupAnswer } from '../../domain/plan/backup-question.js';
import type { Found, Identifier, Part, Ref } from '../../domain/plan/types.js';
import type { StepMemory, VerifyResult } from '../../domain/ports/connector.js';
import type { Connectors, Mailer } from '../../domain/ports/services.js';
import type { FrozenPack } from '../../domain/policy/types.js';
import { sha256 } from '../../infra/platform.js';
import type { Collection, Db } from '../../infra/store/connect.js';

export interface HandInput {
  readonly id: string;
  readonly operator: string;
  readonly email: string;
  readonly identifiers: readonly Identifier[];
  /** Task queue of each system; null = everything on one queue. */
  readonly queues: Readonly<Record<string, string>> | null;
}

interface About {
  readonly id: string;
  readonly operator: string;
}

export interface Step {
  readonly system: string;
  readonly part: Part;
  readonly refs: readonly Ref[];
}

interface AnswerInput extends About {
  readonly email: string;
  readonly checked: readonly VerifyResult[];
  readonly backups: BackupAnswer;
}

export interface HandWritten {
  discover(input: About & { system: string; identifiers: readonly Identifier[] }): Promise<Found>;
  plan(input: About & { found: readonly Found[] }): Promise<Step[]>;
  apply(input: About & { system: string; parts: readonly Step[]; identifiers: readonly Identifier[] }): Promise<number>;
  verify(
    input: About & { system: string; parts: readonly Step[]; identifiers: readonly Identifier[] },
  ): Promise<VerifyResult[]>;
  inventory(input: About & { backup: string }): Promise<BackupAnswer>;
  letter(input: AnswerInput): Promise<boolean>;
  certificate(input: AnswerInput): Promise<string>;
}

export interface HandParts {
  readonly pack: FrozenPack;
  readonly connectors: Connectors;
  readonly mailer: Mailer;
  /** Where erasures, letters and certificates are kept; null = nowhere. */
  readonly keep: Db | null;
  /** Told when the certificate of a request is made. */
  readonly onCertified: (id: string) => void;
}

const NO_MEMORY: StepMemory = { get: async () => undefined, save: async () => undefined };
const heartbeat = (): void => undefined;

interface Row {
  readonly _id: string;
  readonly [field: string]: unknown;
}

export function handWrittenActivities(parts: HandParts): HandWritten {
  const { pack, connectors, mailer } = parts;
  const { privateKey } = generateKeyPairSync('ed25519');
  const at = (name: string): Collection<Row> | null => parts.keep?.collection<Row>(`hand_${name}`) ?? null;
  return {
    discover: ({ system, identifiers }) =>
      connectors.connector(pack, system).discover({
        right: 'erasure',
        identifiers,
        onlyOrganisation: null,
        datasets: null,
        heartbeat,
      }),
    async plan({ found }) {
      const plan = buildPlan(
        {
          pack: pack.pack,
          right: 'erasure',
          scopeDatasets: null,
          found,
          proven: { email: 1 },
          unsearched: [],
          dataMapRoot: dataMap(pack.pack, sha256).root,
        },
        sha256,
      );
      return plan.parts
        .filter((part) => part.records > 0)
        .map((part) => ({ system: part.system, part, refs: refsOfPart(pack.pack, found, part) }));
    },
    async apply({ id, system, parts: steps, identifiers }) {
      await at('erasures')?.updateOne(
        { _id: `${id}/${system}` },
        {
          $setOnInsert: { state: 'intent', startedAt: new Date(), ids: steps.flatMap((s) => s.refs.map((r) => r.id)) },
        },
        { upsert: true },
      );
      const done = await connectors.connector(pack, system).apply({
        requestId: id,
        targets: steps,
        identifiers,
        generation: 0,
        memory: NO_MEMORY,
        heartbeat,
      });
      return done.length;
    },
    async verify({ id, system, parts: steps, identifiers }) {
      const seen = await connectors.connector(pack, system).verify({
        requestId: id,
        targets: steps,
        identifiers,
        generation: 0,
        memory: NO_MEMORY,
        heartbeat,
      });
      await at('erasures')?.updateOne({ _id: `${id}/${system}` }, { $set: { state: 'effective', at: new Date() } });
      return [...seen];
    },
    async inventory({ backup }) {
      const now = new Date().toISOString();
      const copies = await connectors.inventory(pack, backup).list();
      return backupQuestion(copies, { effectiveAt: now, retention: 'P90D', now });
    },
    async letter({ id, email, checked, backups }) {
      const lines = checked.map((c) => `${c.key}: ${c.verdict}`);
      const text = ['Your data was erased.', ...lines, `Backups expire by ${backups.lastExpiresAt ?? 'now'}.`].join(
        '\n',
      );
      const sent = await mailer.send({ id: `${id}.final-0`, to: email, subject: 'Your request', text, language: 'en' });
      await at('letters')?.updateOne({ _id: id }, { $setOnInsert: { text, at: new Date() } }, { upsert: true });
      return sent.accepted;
    },
    async certificate({ id, checked, backups }) {
      const body = Buffer.from(
        JSON.stringify({ id, policy: pack.hash, checked, backups, at: new Date().toISOString() }),
      );
      const signature = sign(null, body, privateKey).toString('base64url');
      await at('certificates')?.updateOne(
        { _id: id },
        { $setOnInsert: { body: body.toString(), signature } },
        { upsert: true },
      );
      parts.onCertified(id);
      return signature;
    },
  };
}
