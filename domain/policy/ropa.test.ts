import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadPack, loadPolicies, policiesFolder } from '../../infra/policies/index.js';
import { recordOfProcessing, ropaMarkdown } from './ropa.js';
import type { FrozenPack, RecipientPolicy } from './types.js';

const golden = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

/** A small pack of an operator that is both: its own customers, and members of a customer organisation. */
const text = (recipients: string): string => `operator: acme
version: "7"
legal: { name: Acme AS, orgNo: "900 000 001", address: "Gata 1, 0001 Oslo", dpo: dpo@acme.example.no, authority: no-datatilsynet }
timeZone: Europe/Oslo
country: "NO"
language: nb
regime: gdpr-eu
identify: { access: low, erasure: low }
approvals: [{ id: organisation, when: { role: processor }, by: organisation }]
systems:
  - id: app
    connector: mongodb
    settings: { url: "\${ACME_MONGODB_URL}" }
    datasets:
      - id: customers
        role: controller
        identifiers: { email: email }
        signIn: true
        fields:
          email: { category: contact, purpose: account, basis: contract, source: subject }
          newsletter: { category: preference, purpose: newsletter, basis: consent, source: subject }
          lastContactAt: { category: contact, purpose: account, basis: contract, source: observed }
        retention: { min: P3Y, limit: P5Y, after: lastContactAt }
        erase: delete
      - id: invoices
        role: controller
        identifiers: { email: contactEmail }
        fields:
          contactEmail: { category: contact, purpose: invoicing, basis: legal_obligation, source: subject }
          issuedAt: { category: invoice, purpose: invoicing, basis: legal_obligation, source: observed }
        retention: { hold: true }
        hold: { law: no-bokforingsloven-13-primary, exemption: 17-3-b, documentOn: issuedAt }
        erase: { mask: [contactEmail] }
      - id: members
        role: processor
        organisation: organisationId
        identifiers: { email: email }
        fields:
          email: { category: contact, purpose: membership, basis: contract, source: organisation }
          lastSeenAt: { category: contact, purpose: membership, basis: contract, source: observed }
          createdAt: { category: contact, purpose: membership, basis: contract, source: observed }
          settledAt: { category: contact, purpose: membership, basis: contract, source: observed }
        retention: { max: P3Y, after: [lastSeenAt, createdAt], settledOn: settledAt }
        erase: delete
backups:
  - { id: nightly, kind: mongodump-dir, location: "\${ACME_BACKUPS}", retention: P90D, covers: [app] }
recipients:
${recipients}
`;
const RECIPIENTS = `  - { name: Hosting AS, role: processor, region: EEA, purpose: hosting }
  - { name: Ads | Inc., role: controller, region: US, purpose: audiences, transfer: "SCC 2021/914, module 1", notify: { by: manual, datasets: [customers] } }`;

function frozen(recipients = RECIPIENTS): FrozenPack {
  const loaded = loadPack('acme.yaml', text(recipients), { authorities: new Set(['no-datatilsynet']) });
  expect(loaded.faults).toEqual([]);
  if (loaded.frozen === null) throw new Error('not loaded');
  return loaded.frozen;
}

describe('record of processing', () => {
  test('golden file', async () => {
    const record = recordOfProcessing({ ...frozen(), hash: 'sha256:0' }, null);
    await expect(ropaMarkdown(record)).toMatchFileSnapshot(golden('ropa-acme.md'));
    await expect(`${JSON.stringify(record, null, 2)}\n`).toMatchFileSnapshot(golden('ropa-acme-json.txt'));
  });

  test('every dataset of every shipped pack stands in exactly one half, with a limit', async () => {
    const { packs, authorities } = await loadPolicies(policiesFolder(undefined));
    for (const pack of packs.values()) {
      const record = recordOfProcessing(pack, authorities.get(pack.pack.legal.authority) ?? null);
      expect(record.party.authority).not.toBe(pack.pack.legal.authority);
      for (const system of pack.pack.systems) {
        for (const dataset of system.datasets) {
          const half = (activities: typeof record.asController) =>
            activities.flatMap((a) => a.datasets).filter((d) => d.system === system.id && d.dataset === dataset.id);
          const [mine, theirs] = [half(record.asController), half(record.asProcessor)];
          expect(dataset.role === 'controller' ? theirs : mine).toEqual([]);
          const own = dataset.role === 'controller' ? mine : theirs;
          expect(own.length).toBeGreaterThan(0);
          expect(own.every((d) => d.limits.length > 0)).toBe(true);
        }
      }
      expect(record.recipients.map((r) => r.name)).toEqual(pack.pack.recipients.map((r) => r.name));
    }
  });
});

describe('recipients of a pack', () => {
  const faults = (line: string): string[] =>
    loadPack('acme.yaml', text(`  - ${line}`), { authorities: new Set(['no-datatilsynet']) }).faults.map(
      (f) => `${f.file}:${f.line}:${f.column} ${f.code}`,
    );
  const line = text('').split('\n').length - 1;

  test.each(['Privacy Shield', 'EU-US privacy-shield certificate', 'privacyshield', 'Safe Harbor'])(
    'a transfer that rests on "%s" is refused where it stands, with the mend',
    (tool) => {
      const entry = `{ name: Ads, role: controller, region: US, purpose: ads, transfer: "${tool}" }`;
      expect(faults(entry)).toEqual([`acme.yaml:${line}:${4 + entry.indexOf(`"${tool}`) + 1} dead_transfer_tool`]);
      const [fault] = loadPack('acme.yaml', text(`  - ${entry}`), { authorities: new Set(['no-datatilsynet']) }).faults;
      expect(fault?.message).toMatch(/invalidated .*name a tool that holds/);
    },
  );

  test.each<RecipientPolicy['transfer']>(['scc', 'adequacy', 'none_needed', 'dpf'])('"%s" is taken', (transfer) => {
    expect(faults(`{ name: Ads, role: controller, region: US, purpose: ads, transfer: ${transfer} }`)).toEqual([]);
  });

  test.each([
    ['{ name: A, role: processor, region: EEA, purpose: p, notify: { by: mail } }', 'notice_without_address'],
    [
      '{ name: A, role: processor, region: EEA, purpose: p, notify: { by: mail, to: somebody } }',
      'notice_without_address',
    ],
    [
      '{ name: A, role: processor, region: EEA, purpose: p, notify: { by: webhook, to: "http://a.example.com" } }',
      'notice_without_address',
    ],
    [
      '{ name: A, role: processor, region: EEA, purpose: p, system: app, notify: { by: manual } }',
      'notice_to_own_system',
    ],
    [
      '{ name: A, role: processor, region: EEA, purpose: p, notify: { by: manual, datasets: [none] } }',
      'unknown_dataset',
    ],
    ['{ name: A, role: processor, region: EEA, purpose: p, system: nowhere }', 'unknown_system'],
  ])('%s is refused', (entry, code) => {
    expect(faults(entry).map((f) => f.split(' ')[1])).toEqual([code]);
  });
});
