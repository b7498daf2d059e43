/**
 * The page of a package that a person opens first: plain HTML from disk, without script, network or fonts from elsewhere
 * (a policy in the page forbids them). It answers GDPR Art. 15(1)(a) to (h) and 15(2) from the pack's own register.
 */
import { createHash } from 'node:crypto';
import { PACKAGE_LOCALES, type PackageTexts } from '../../contracts/locales/package/index.js';
import { structuralPaths } from '../../domain/packages/index.js';
import { plainText } from '../../domain/packages/index.js';
import type { DatasetPolicy, HoldRule, Pack, RetentionRule } from '../../domain/policy/types.js';
import { RETENTION_LAWS } from '../../domain/holds/index.js';
import type { PackageBuilder, PackagePart } from '../../domain/ports/services.js';
import { escape, facts, say, table } from './html.js';

type Order = Parameters<PackageBuilder['build']>[0];

export interface PageDataset {
  readonly part: PackagePart;
  readonly policy: DatasetPolicy | null;
  readonly file: string;
  readonly records: number;
  readonly redacted: number;
  readonly undescribed: readonly string[];
  readonly preview: readonly Readonly<Record<string, unknown>>[];
}

/** So many records of each dataset stand in the page itself; the file has all. */
export const PREVIEW_RECORDS = 25;
const PREVIEW_VALUE = 300;

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem;color:#1a1a1a;background:#fff}h1,h2,h3{line-height:1.2}section{border-top:1px solid #767676;margin-top:2rem}.wide{overflow-x:auto}table{border-collapse:collapse}th,td{border:1px solid #767676;padding:.3rem .6rem;text-align:left;vertical-align:top}td{overflow-wrap:anywhere}dt{font-weight:600}dd{margin:0 0 .5rem}summary{cursor:pointer;padding:.5rem 0}a{color:#0b4a8f}@media(prefers-color-scheme:dark){body{color:#eee;background:#151515}a{color:#9cc7ff}}';
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export function renderIndex(order: Order, datasets: readonly PageDataset[]): string {
  const t = PACKAGE_LOCALES[order.language];
  const { pack } = order.pack;
  const operator = pack.legal.name;
  const sections: [id: string, title: string, html: string][] = [
    ['controller', t.controller, controllerOf(t, pack)],
    ['overview', t.overview, overviewOf(t, operator, datasets)],
    ...datasets.map((d, n): [string, string, string] => [
      `d${n + 1}`,
      nameOf(d.part),
      datasetOf(t, order, operator, d),
    ]),
    ['recipients', t.recipients, recipientsOf(t, pack)],
    ['transfers', t.transfers, transfersOf(t, pack)],
    ['profiling', t.profiling, profilingOf(t, pack)],
    ['rights', t.rights, `<ul>${t.rightsList.map((line) => `<li>${escape(line)}</li>`).join('')}</ul>`],
    ['complaint', t.complaint, complaintOf(t, order)],
    ['files', t.files, filesOf(t, order.kind)],
  ];
  const intro = say(t.intro[order.kind], { operator, date: order.createdAt.slice(0, 10), id: order.requestId });
  const contents = sections.map(([id, title]) => `<li><a href="#${id}">${escape(title)}</a></li>`).join('');
  const body = sections
    .map(([id, title, html]) => `<section id="${id}"><h2>${escape(title)}</h2>${html}</section>`)
    .join('\n');
  return [
    `<!doctype html>\n<html lang="${order.language}"><head><meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'">`,
    `<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">`,
    `<title>${escape(t.title[order.kind])}</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${escape(t.title[order.kind])}</h1><p>${intro}</p>`,
    `<nav aria-label="${escape(t.contents)}"><h2>${escape(t.contents)}</h2><ul>${contents}</ul></nav>`,
    body,
    `</main></body></html>\n`,
  ].join('\n');
}

/** What is recommended to a reader who is not a machine: `app / users`, and whose it is. */
function nameOf(part: PackagePart): string {
  return `${part.system} / ${part.dataset}${part.organisation === null ? '' : ` (${part.organisation})`}`;
}

function controllerOf(t: PackageTexts, pack: Pack): string {
  const { name, orgNo, address, dpo } = pack.legal;
  return facts([
    [t.responsible, `${escape(name)} (${escape(orgNo)}), ${escape(address)}`],
    [t.dpo, escape(dpo)],
  ]);
}

function overviewOf(t: PackageTexts, operator: string, datasets: readonly PageDataset[]): string {
  if (datasets.length === 0) return `<p>${escape(t.nothing)}</p>`;
  return table(
    [t.dataset, t.records, t.purposes, t.responsible],
    datasets.map((d, n) => [
      `<a href="#d${n + 1}">${escape(nameOf(d.part))}</a>`,
      String(d.records),
      escape(wordsOf(t, purposesOf(d.policy))),
      responsibleOf(t, operator, d.part),
    ]),
  );
}

function datasetOf(t: PackageTexts, order: Order, operator: string, d: PageDataset): string {
  const { policy } = d;
  const fields = Object.entries(policy?.fields ?? {});
  const parts = [
    facts([
      [t.file, `<a href="${escape(d.file)}">${escape(d.file)}</a>`],
      [t.records, String(d.records)],
      [t.responsible, responsibleOf(t, operator, d.part)],
      [t.purposes, escape(wordsOf(t, purposesOf(policy)))],
      [
        t.categories,
        escape(
          wordsOf(
            t,
            fields.map(([, f]) => f.category),
          ),
        ),
      ],
      ...(policy === null ? [] : [[t.retention, retentionOf(t, policy.retention)] as const]),
    ]),
    policy?.hold == null ? '' : heldOf(t, policy.hold, d.part),
    d.redacted === 0 ? '' : `<p><strong>${say(t.redacted, { count: d.redacted })}</strong></p>`,
    d.undescribed.length === 0 ? '' : `<p>${say(t.notDescribed, { fields: d.undescribed.join(', ') })}</p>`,
    table(
      [t.field, t.category, t.purpose, t.basis, t.source],
      fields.map(([name, f]) => [
        escape(name),
        escape(wordOf(t, f.category)),
        escape(wordOf(t, f.purpose)),
        escape(t.bases[f.basis]),
        escape(t.sources[f.source]),
      ]),
    ),
    order.kind === 'access' ? technicalOf(t, policy) : '',
    previewOf(t, d),
  ];
  return parts.filter((part) => part !== '').join('');
}

/** Names of fields that only the record's own administration needs, and that are no declared field as well. */
function technicalOf(t: PackageTexts, policy: DatasetPolicy | null): string {
  if (policy === null) return '';
  const names = structuralPaths(policy).filter((path) => policy.fields[path] === undefined);
  return names.length === 0 ? '' : `<p>${say(t.technical, { fields: names.join(', ') })}</p>`;
}

function previewOf(t: PackageTexts, d: PageDataset): string {
  if (d.preview.length === 0) return '';
  const records = d.preview.map((record, n) => {
    const rows = Object.entries(record).map(([name, value]): [string, string] => {
      const text = value === null || value === undefined ? '' : plainText(value);
      return [name, escape(text.length > PREVIEW_VALUE ? `${text.slice(0, PREVIEW_VALUE)}…` : text)];
    });
    return `<h3>${say(t.record, { n: n + 1 })}</h3>${facts(rows)}`;
  });
  const part =
    d.records > d.preview.length ? `<p>${say(t.previewPart, { shown: d.preview.length, records: d.records })}</p>` : '';
  return `<details><summary>${escape(t.preview)}</summary>${part}${records.join('')}</details>`;
}

function responsibleOf(t: PackageTexts, operator: string, part: PackagePart): string {
  return part.organisation === null
    ? say(t.responsibleSelf, { operator })
    : say(t.responsibleOrganisation, { operator, organisation: part.organisation });
}

function retentionOf(t: PackageTexts, rule: RetentionRule): string {
  switch (rule.kind) {
    case 'max':
      return say(t.retentionMax, { duration: durationOf(t, rule.for), fields: rule.after.join(', ') });
    case 'min':
      return say(t.retentionMin, {
        duration: durationOf(t, rule.for),
        limit: durationOf(t, rule.limit),
        fields: rule.after.join(', '),
      });
    case 'ttl':
      return say(t.retentionTtl, { duration: durationOf(t, rule.for), fields: rule.after });
    case 'while':
      return say(t.retentionWhile, { event: t.events[rule.until] });
    case 'hold':
      return escape(t.retentionHold);
  }
}

function heldOf(t: PackageTexts, hold: HoldRule, part: PackagePart): string {
  const law = RETENTION_LAWS.get(hold.law);
  const name = law?.source ?? wordOf(t, hold.law);
  const period = t.laws[hold.law] ?? law?.period;
  const what =
    hold.noGround !== null || period === undefined
      ? say(t.heldRunning, { law: name })
      : say(t.held, { law: name, period });
  const now = part.held === 0 ? '' : ` ${say(t.heldNow, { held: part.held })}`;
  const until = part.held === 0 || part.heldUntil === null ? '' : ` ${say(t.heldUntil, { until: part.heldUntil })}`;
  return `<p>${what}${now}${until}</p>`;
}

function recipientsOf(t: PackageTexts, pack: Pack): string {
  const rows = pack.recipients.map((r) => [
    escape(r.name),
    escape(t.roles[r.role]),
    escape(r.region),
    escape(wordOf(t, r.purpose)),
  ]);
  return `<p>${say(t.recipientsIntro, { operator: pack.legal.name })}</p>${table([t.recipient, t.role, t.region, t.purpose], rows)}`;
}

/** Art. 15(2): who may process outside, and what protects the data there. */
function transfersOf(t: PackageTexts, pack: Pack): string {
  const outside = pack.recipients.filter((r) => r.transfer !== 'none_needed');
  if (outside.length === 0) return `<p>${escape(t.transfersNone)}</p>`;
  return `<p>${escape(t.transfersIntro)}</p>${table(
    [t.recipient, t.region, t.transferTool],
    outside.map((r) => [escape(r.name), escape(r.region), escape(wordOf(t, r.transfer))]),
  )}`;
}

function profilingOf(t: PackageTexts, pack: Pack): string {
  if (pack.profiling.length === 0) return `<p>${escape(t.profilingNone)}</p>`;
  return pack.profiling
    .map(
      (p) =>
        `<h3>${escape(p.what)}</h3><p>${say(t.profilingLogic, { logic: p.logic })}</p><p>${say(t.profilingConsequences, { consequences: p.consequences })}</p>`,
    )
    .join('');
}

function complaintOf(t: PackageTexts, order: Order): string {
  const { authority } = order;
  const address = authority.address === null || authority.address === undefined ? '' : `, ${authority.address}`;
  return `<p>${say(t.complaintText, {
    dpo: order.pack.pack.legal.dpo,
    authority: authority.name,
    authorityAddress: address,
    authorityUrl: authority.url,
  })}</p>`;
}

function filesOf(t: PackageTexts, kind: Order['kind']): string {
  const more = kind === 'portability' ? `<p>${escape(t.csvText)}</p><p>${escape(t.notPortable)}</p>` : '';
  return `<p>${escape(t.filesText)}</p>${more}`;
}

function purposesOf(policy: DatasetPolicy | null): string[] {
  return Object.values(policy?.fields ?? {}).map((f) => f.purpose);
}

function wordsOf(t: PackageTexts, codes: readonly string[]): string {
  return [...new Set(codes)].map((code) => wordOf(t, code)).join(', ');
}

/** A code in plain words; one that the catalogue does not know as it is written, without underscores. */
export function wordOf(t: PackageTexts, code: string): string {
  return t.words[code] ?? code.replaceAll('_', ' ');
}

/** `P3Y` → `3 years`. */
function durationOf(t: PackageTexts, duration: string): string {
  const match = /^P(\d+)([DWMY])$/.exec(duration);
  if (match === null) return duration;
  const [one, many] = t.units[match[2] as keyof PackageTexts['units']];
  return `${match[1]} ${match[1] === '1' ? one : many}`;
}
