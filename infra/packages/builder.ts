/**
 * A package: a ZIP in the vault, streamed and encrypted while it is made, with the memory of a few records whatever its
 * size. `index.html` opens from disk; `data/` holds the records as JSON (portability: also CSV, with a schema each);
 * `manifest.json` names every file with size, SHA-256 and number of records. docs/packages.md describes the format.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { PACKAGE_LOCALES, type PackageTexts } from '../../contracts/locales/package/index.js';
import {
  columnsOf,
  csvRow,
  csvText,
  csvwOf,
  jsonSchemaOf,
  namesRow,
  plainText,
  portableData,
  portableFields,
  redact,
  rowId,
  undescribedPaths,
  type Redacted,
} from '../../domain/packages/index.js';
import type { DatasetPolicy } from '../../domain/policy/types.js';
import type { PackageBuilder, PackagePart, PackageReview } from '../../domain/ports/services.js';
import { VAULT, type Vault } from '../../domain/ports/vault.js';
import { linesOf } from './lines.js';
import { renderIndex, PREVIEW_RECORDS, type PageDataset } from './index-page.js';

type Order = Parameters<PackageBuilder['build']>[0];
type Built = Awaited<ReturnType<PackageBuilder['build']>>;

/** One line of a collected artefact (activities/collect.ts). */
interface Line {
  readonly others: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

interface FileRow {
  readonly name: string;
  readonly system?: string;
  readonly dataset?: string;
  readonly organisation?: string | null;
  bytes: number;
  sha256: string;
  records: number;
}

/** A reviewer reads so many places one by one; more of them need a look at the data itself. */
const REVIEW_ROWS = 2_000;
const REVIEW_VALUE = 2_000;

export function createPackageBuilder(vault: Vault): PackageBuilder {
  return { build: (order) => build(vault, order) };
}

async function build(vault: Vault, order: Order): Promise<Built> {
  const zip = new ZipFile();
  const mtime = new Date(order.createdAt);
  const files: FileRow[] = [];
  const datasets = order.parts.map((part) => new DatasetPass(vault, order, part));
  /** Entries are written in order: when a late one has its turn, all counts and hashes before it are known. */
  const entry = (
    about: Omit<FileRow, 'bytes' | 'sha256' | 'records'>,
    text: (row: FileRow) => AsyncGenerator<string>,
  ) => {
    const row: FileRow = { ...about, bytes: 0, sha256: '', records: 0 };
    zip.addReadStreamLazy(about.name, { mtime }, (give) => {
      give(null, Readable.from(measured(row, text(row)), { objectMode: false }));
      files.push(row);
    });
  };
  for (const pass of datasets) {
    const { system, dataset, organisation } = pass.part;
    const about = { system, dataset, organisation };
    entry({ name: pass.json, ...about }, (row) => pass.asJson(row));
    if (order.kind !== 'portability') continue;
    entry({ name: pass.csv, ...about }, (row) => pass.asCsv(row));
    entry({ name: pass.schema, ...about }, () => pass.asSchema());
  }
  entry({ name: 'index.html' }, async function* () {
    yield renderIndex(
      order,
      datasets.map((pass) => pass.forPage()),
    );
  });
  zip.addReadStreamLazy('manifest.json', { mtime }, (give) =>
    give(null, Readable.from([manifestOf(order, datasets, files)])),
  );
  zip.end();

  const writer = vault.writeStream(order.requestId, VAULT.package);
  try {
    for await (const chunk of zip.outputStream) await writer.write(chunk as Uint8Array);
  } catch (error) {
    await writer.abort();
    throw error;
  }
  // Before the package becomes visible: nobody may see one whose review is that of another.
  await vault.put(order.requestId, [{ name: VAULT.packageReview, value: reviewOf(datasets) }]);
  const { bytes, sha256 } = await writer.finish();
  return {
    artefact: VAULT.package,
    bytes,
    sha256,
    records: datasets.reduce((sum, pass) => sum + pass.records, 0),
    redactions: datasets.reduce((sum, pass) => sum + pass.redacted, 0),
    undescribed: datasets.reduce((sum, pass) => sum + pass.undescribed.size, 0),
  };
}

/** Counts and hashes what goes through. */
async function* measured(row: FileRow, text: AsyncGenerator<string>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of text) {
    const bytes = Buffer.from(piece, 'utf8');
    hash.update(bytes);
    row.bytes += bytes.length;
    yield bytes;
  }
  row.sha256 = hash.digest('hex');
}

/** Reads one collected artefact, once per file that is made of it, and remembers what page and reviewer need. */
class DatasetPass {
  readonly json: string;
  readonly csv: string;
  readonly schema: string;
  readonly policy: DatasetPolicy | null;
  /** Field → number of records in which the data map does not describe it. */
  readonly undescribed = new Map<string, number>();
  readonly rows: PackageReview['redactions'][number][] = [];
  readonly preview: Readonly<Record<string, unknown>>[] = [];
  records = 0;
  redacted = 0;
  more = false;
  private readonly texts: PackageTexts;
  private readonly disclose: ReadonlySet<string>;
  private readonly withhold: readonly string[];

  constructor(
    private readonly vault: Vault,
    private readonly order: Order,
    readonly part: PackagePart,
  ) {
    const stem = part.key.replaceAll('/-', '').replaceAll('/', '.');
    this.json = `data/${stem}.json`;
    this.csv = `data/${stem}.csv`;
    this.schema = `schema/${stem}.schema.json`;
    this.texts = PACKAGE_LOCALES[order.language];
    this.policy =
      order.pack.pack.systems.find((s) => s.id === part.system)?.datasets.find((d) => d.id === part.dataset) ?? null;
    this.disclose = new Set(order.disclose);
    this.withhold = order.withhold.filter((id) => id.startsWith(`${part.key}#`));
  }

  async *asJson(row: FileRow): AsyncGenerator<string> {
    yield '[';
    for await (const record of this.released(true)) {
      row.records += 1;
      if (this.preview.length < PREVIEW_RECORDS) this.preview.push(record);
      yield `${row.records === 1 ? '\n' : ',\n'}${JSON.stringify(record)}`;
    }
    yield '\n]\n';
    this.records = row.records;
  }

  async *asCsv(row: FileRow): AsyncGenerator<string> {
    const columns = columnsOf(this.policy === null ? [] : portableFields(this.policy));
    yield csvText(columns.map((column) => column.path));
    for await (const record of this.released(false)) {
      row.records += 1;
      yield csvRow(columns, record);
    }
  }

  async *asSchema(): AsyncGenerator<string> {
    const paths = this.policy === null ? [] : portableFields(this.policy);
    const title = `${this.part.system}/${this.part.dataset}`;
    const schema = {
      ...jsonSchemaOf({
        id: `urn:habeas:${this.order.pack.pack.operator}:${title}`,
        title,
        dataset: this.policy ?? { fields: {} },
        paths,
      }),
      'x-csv': csvwOf(this.csv.replace('data/', ''), columnsOf(paths)),
    };
    yield `${JSON.stringify(schema, null, 2)}\n`;
  }

  forPage(): PageDataset {
    return {
      part: this.part,
      policy: this.policy,
      file: this.json,
      records: this.records,
      redacted: this.redacted,
      undescribed: [...this.undescribed.keys()].sort(),
      preview: this.preview,
    };
  }

  /** The records as they leave the house; with `noting`, what was found on the way is remembered. */
  private async *released(noting: boolean): AsyncGenerator<Record<string, unknown>> {
    let n = 0;
    for await (const line of linesOf(this.vault.readStream(this.order.requestId, VAULT.collected(this.part.key)))) {
      const { data, others } = JSON.parse(line) as Line;
      n += 1;
      this.order.heartbeat();
      const own = this.order.kind === 'portability' && this.policy !== null ? portableData(this.policy, data) : data;
      const ruled = this.byRule(own, others, n, noting);
      yield this.byReviewer(ruled, n, noting);
      if (noting) this.lint(own);
    }
  }

  /** Fields that may name others, except the places that a reviewer opened. */
  private byRule(own: Line['data'], others: readonly string[], n: number, noting: boolean): Record<string, unknown> {
    const declared = Object.entries(this.policy?.fields ?? {}).filter(([, field]) => field.others === true);
    const paths = [...new Set([...declared.map(([path]) => path), ...others])].sort();
    const open = paths.filter((path) => namesRow(this.disclose, this.part.key, n, path));
    if (noting && open.length > 0) this.note(redact(own, { paths: open, placeholder: '' }), n, true);
    const hidden = redact(own, { paths: paths.filter((p) => !open.includes(p)), placeholder: this.texts.placeholder });
    if (noting) this.note(hidden, n, false);
    return hidden.record;
  }

  private byReviewer(record: Record<string, unknown>, n: number, noting: boolean): Record<string, unknown> {
    if (this.withhold.length === 0) return record;
    const ids = new Set(this.withhold);
    const paths = [...new Set(this.withhold.map((id) => id.slice(id.indexOf('/', id.indexOf('#')) + 1)))];
    const mine = paths.filter((path) => namesRow(ids, this.part.key, n, path));
    const held = redact(record, { paths: mine, placeholder: this.texts.withheldPlaceholder });
    if (noting) this.note(held, n, false);
    return held.record;
  }

  private note({ removed }: Redacted, record: number, disclosed: boolean): void {
    if (!disclosed) this.redacted += removed.length;
    const { system, dataset, organisation, key } = this.part;
    for (const { path, value } of removed) {
      if (this.rows.length >= REVIEW_ROWS) {
        this.more = true;
        return;
      }
      this.rows.push({
        id: rowId(key, record, path),
        system,
        dataset,
        organisation,
        record,
        field: path,
        value: plainText(value).slice(0, REVIEW_VALUE),
        disclosed,
      });
    }
  }

  private lint(own: Line['data']): void {
    if (this.policy === null) return;
    for (const path of undescribedPaths(this.policy, own))
      this.undescribed.set(path, (this.undescribed.get(path) ?? 0) + 1);
  }
}

function manifestOf(order: Order, datasets: readonly DatasetPass[], files: readonly FileRow[]): string {
  const { pack } = order.pack;
  const manifest = {
    version: 1,
    kind: order.kind,
    requestId: order.requestId,
    operator: pack.operator,
    createdAt: order.createdAt,
    language: order.language,
    region: pack.region,
    files,
    redactions: datasets.filter((d) => d.redacted > 0).map((d) => ({ file: d.json, values: d.redacted })),
    notDescribed: datasets.flatMap((d) =>
      [...d.undescribed]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([field, records]) => ({ file: d.json, field, records })),
    ),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function reviewOf(datasets: readonly DatasetPass[]): PackageReview {
  return {
    redactions: datasets.flatMap((d) => d.rows).slice(0, REVIEW_ROWS),
    truncated: datasets.some((d) => d.more) || datasets.reduce((sum, d) => sum + d.rows.length, 0) > REVIEW_ROWS,
    undescribed: datasets.flatMap(({ part, undescribed }) =>
      [...undescribed]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([field, records]) => ({
          id: `${part.key}#any/${field}`,
          system: part.system,
          dataset: part.dataset,
          organisation: part.organisation,
          field,
          records,
        })),
    ),
  };
}
