/**
 * Sign-ins of the embedded stack: API tokens for each role, organisations with their contacts and signing keys, systems
 * with theirs. Made once per data folder and kept in a file that only its owner may read.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSealer } from '../../api/keys.js';
import { createTokens } from '../../infra/identity/index.js';
import type { Platform } from '../../infra/platform.js';
import { createPartyStore } from '../../infra/store/parties.js';
import { ORGANISATIONS } from '../people/index.js';

export interface Accounts {
  readonly tokens: {
    readonly privacyOfficer: string;
    readonly secondOfficer: string;
    readonly auditor: string;
    readonly admin: string;
    readonly machine: string;
  };
  readonly organisations: Readonly<
    Record<string, Readonly<Record<string, { readonly webhookSecret: string; readonly approverToken: string }>>>
  >;
  readonly systems: Readonly<Record<string, Readonly<Record<string, { readonly webhookSecret: string }>>>>;
}

const MACHINE_SCOPES = [
  'requests:write',
  'requests:read',
  'requests:attest',
  'requests:instruct',
  'approvals:decide',
  'ledger:read',
  'restores:write',
  'data:read',
  'suppressions:check',
  'notices:read',
] as const;

const YEAR_MS = 360 * 86_400_000;

export async function accounts(
  platform: Platform,
  dataDir: string,
  operators: readonly { readonly id: string; readonly systems: readonly string[] }[],
): Promise<Accounts> {
  const file = join(dataDir, 'accounts.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Accounts;
  const tokens = createTokens({ db: platform.store.db, now: () => Date.now() });
  await tokens.ensureIndexes();
  const issue = async (
    name: string,
    role: string | null,
    operator = '*',
    organisation: string | null = null,
  ): Promise<string> =>
    (
      await tokens.issue({
        name,
        role,
        scopes: role === null ? [...MACHINE_SCOPES] : [],
        operators: [operator],
        organisation,
        expiresAt: new Date(Date.now() + YEAR_MS),
      })
    ).token;
  const parties = createPartyStore(platform.store.db, createSealer((await platform.keys.namespaceKey()).bytes));
  const organisations: Record<string, Record<string, { webhookSecret: string; approverToken: string }>> = {};
  const systems: Record<string, Record<string, { webhookSecret: string }>> = {};
  const createdAt = new Date().toISOString();
  for (const operator of operators) {
    organisations[operator.id] = {};
    systems[operator.id] = {};
    for (const organisation of organisationsOf(operator.id)) {
      await parties.putOrganisation({
        operator: operator.id,
        organisation: organisation.id,
        name: organisation.name,
        language: organisation.language,
        country: organisation.country,
        contacts: {
          admin: `admin@${organisation.emailDomain}`,
          dpo: `dpo@${organisation.emailDomain}`,
          escalation: null,
        },
        answer: 'operator_answers',
        deliverTo: 'subject',
        mailDomains: [organisation.emailDomain],
      });
      const webhookSecret = newSecret();
      await parties.addKey(
        { operator: operator.id, organisation: organisation.id },
        { id: `key_${organisation.id}_1`, secret: webhookSecret, createdAt },
      );
      (organisations[operator.id] ??= {})[organisation.id] = {
        webhookSecret,
        approverToken: await issue(`approver of ${organisation.id}`, 'approver', operator.id, organisation.id),
      };
    }
    for (const system of operator.systems) {
      const webhookSecret = newSecret();
      await parties.addKey(
        { operator: operator.id, system },
        { id: `key_${system}_1`, secret: webhookSecret, createdAt },
      );
      (systems[operator.id] ??= {})[system] = { webhookSecret };
    }
  }
  const made: Accounts = {
    tokens: {
      privacyOfficer: await issue('privacy officer of the embedded stack', 'privacy_officer'),
      secondOfficer: await issue('second privacy officer of the embedded stack', 'privacy_officer'),
      auditor: await issue('auditor of the embedded stack', 'auditor'),
      admin: await issue('admin of the embedded stack', 'admin'),
      machine: await issue('machine of the embedded stack', null),
    },
    organisations,
    systems,
  };
  writeFileSync(`${file}.part`, JSON.stringify(made, null, 2), { mode: 0o600 });
  renameSync(`${file}.part`, file);
  return made;
}

function organisationsOf(operator: string): readonly (typeof ORGANISATIONS)['infentre' | 'itefy' | 'itpays'][number][] {
  return operator === 'infentre' || operator === 'itefy' || operator === 'itpays' ? ORGANISATIONS[operator] : [];
}

function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}
