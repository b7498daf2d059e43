/** A copy of the data: gate, release, what is in the package and what is not, one download per code. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PACKAGE_LOCALES } from '../../../contracts/locales/package/index.js';
import { addMember, addResident, changes, snapshot, tag } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';
import { unzip } from '../../support/e2e-zip.js';

interface Manifest {
  readonly requestId: string;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly records: number;
  }[];
}

export function access(stack: () => E2e): void {
  /** As the person does: a code by mail, then the package. */
  async function download(id: string, address: string): Promise<{ status: number; bytes: Buffer; code: string }> {
    const { calls } = stack();
    await calls.must('POST', `/v1/requests/${id}/package/code`, { token: calls.info.tokens.privacyOfficer });
    const mail = await calls.mailTo(address, (m) => /\b\d{6}\b/.test(m.text) && !m.text.includes(id));
    const code = /\b(\d{6})\b/.exec(mail.text)?.[1] ?? '';
    return { ...(await fetchPackage(id, code)), code };
  }

  async function fetchPackage(id: string, code: string): Promise<{ status: number; bytes: Buffer }> {
    const answer = await fetch(`${stack().calls.info.api}/v1/requests/${id}/package`, {
      headers: { 'habeas-code': code },
    });
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
  }

  describe('access', () => {
    it('is approved by the organisation, released by a person, and holds her data only', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const officer = calls.info.tokens.privacyOfficer;
      const eva = await addMember(e2e, { organisation: 'acme' });
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'access', [{ type: 'email', value: eva.email }]);
      let view = await calls.until(id, ['awaiting_approval']);
      expect(view.package ?? null).toBe(null);
      expect((await fetchPackage(id, '123456')).status).toBe(403);
      await calls.approve(await calls.pending(view, 'acme'));
      view = await calls.until(id, ['responding'], (v) => v.allowedActions.includes('release'));
      expect(view.approvals.map((a) => [a.kind, a.state])).toEqual([
        ['organisation', 'approved'],
        ['release', 'pending'],
      ]);
      // Nobody gets it before the release but an officer with a purpose, and that is written down.
      await calls.call('POST', `/v1/requests/${id}/package/code`, { token: officer });
      expect(await calls.problem('GET', `/v1/requests/${id}/package`, { token: officer })).toMatchObject({
        status: 422,
        code: 'purpose_unknown',
      });
      const preview = await calls.call('GET', `/v1/requests/${id}/package?purpose=handling_request`, {
        token: officer,
      });
      expect(preview.status).toBe(200);
      expect((await calls.ledgerOf(id)).some((line) => line.action === 'package.viewed')).toBe(true);
      await calls.act(id, 'release', {});
      view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view).toMatchObject({ outcome: 'fulfilled', answer: 'full', backups: [] });
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([]);

      const got = await download(id, eva.email);
      expect(got.status).toBe(200);
      expect((await fetchPackage(id, got.code)).status).toBe(403);
      expect(createHash('sha256').update(got.bytes).digest('hex')).toBe(view.package?.sha256.replace('sha256:', ''));
      expect(got.bytes.equals(preview.body as Buffer)).toBe(true);
      const files = unzip(got.bytes);
      const manifest = JSON.parse(files.get('manifest.json')?.toString() ?? '') as Manifest;
      expect(manifest.requestId).toBe(id);
      expect([...files.keys()].filter((name) => name !== 'manifest.json').sort()).toEqual(
        manifest.files.map((file) => file.name).sort(),
      );
      let records = 0;
      for (const file of manifest.files) {
        const bytes = files.get(file.name) ?? Buffer.alloc(0);
        expect([file.name, bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([
          file.name,
          file.bytes,
          file.sha256,
        ]);
        if (file.name.endsWith('.json')) {
          expect((JSON.parse(bytes.toString()) as unknown[]).length).toBe(file.records);
          records += file.records;
        }
      }
      expect(records).toBe(view.package?.records);
      const all = [...files.values()].map((bytes) => bytes.toString()).join('\n');
      for (const own of [eva.email, eva.userId, 'Fjellmaraton', '/tickets', PACKAGE_LOCALES.nb.placeholder])
        expect(all).toContain(own);
      // The buyer of the order that names her, and the other guest in it.
      for (const foreign of [
        'anne.annen@example.org',
        'Anne Annen',
        'tor.tredje@example.org',
        'usr_third',
        'usr_other',
        // What she wrote may be about somebody else: replaced by rule, shown to the reviewer.
        'Tor Tredje',
      ])
        expect(all).not.toContain(foreign);
      // A person reads it first: what for, who else gets it, how to complain.
      expect(files.get('index.html')?.toString()).toMatch(/Stripe.*SendGrid/s);
    });

    it('shows the reviewer what may be about others; what she opens is in the package, what she holds back is not', async () => {
      const { calls } = stack();
      const officer = calls.info.tokens.privacyOfficer;
      const eva = await addMember(stack(), { organisation: 'acme', without: ['mail'] });
      const id = await calls.request('infentre', 'access', [{ type: 'email', value: eva.email }]);
      await calls.approve(await calls.pending(await calls.until(id, ['awaiting_approval']), 'acme'));
      await calls.until(id, ['responding'], (v) => v.allowedActions.includes('release'));
      const path = `/v1/requests/${id}/package/review`;
      expect((await calls.problem('GET', path, { token: officer })).status).toBe(422);
      expect((await calls.problem('GET', `${path}?purpose=curiosity`, { token: officer })).status).toBe(422);
      for (const token of [calls.info.tokens.auditor, calls.approver('infentre', 'acme')])
        expect((await calls.problem('GET', `${path}?purpose=handling_request`, { token })).status).toBe(403);
      const review = await calls.must<{ redactions: { id: string; value: string; field: string }[] }>(
        'GET',
        `${path}?purpose=handling_request`,
        { token: officer },
      );
      const message = review.redactions.find((r) => r.field === 'text');
      expect(message?.value).toBe('Kan Tor Tredje få min billett?');
      expect((await calls.ledgerOf(id)).some((line) => line.action === 'package.reviewed')).toBe(true);
      await calls.act(id, 'release', { disclose: [message?.id], withhold: ['app/usage/acme#any/page'] });
      const view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view.package).toMatchObject({ released: true });
      expect(await calls.problem('GET', `${path}?purpose=handling_request`, { token: officer })).toMatchObject({
        status: 409,
        code: 'package_released',
      });
      const all = [...unzip((await download(id, eva.email)).bytes).values()].map(String).join('\n');
      expect(all).toContain('Kan Tor Tredje få min billett?');
      expect(all).not.toContain('/tickets');
    });

    it('leaves the neighbours out of a shared record, and needs no gate where there is none', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const id = await calls.request('defigo', 'access', [{ type: 'email', value: ida.email }]);
      const view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view.approvals).toEqual([]);
      const { bytes, status } = await download(id, ida.email);
      expect(status).toBe(200);
      const all = [...unzip(bytes).values()].map((file) => file.toString()).join('\n');
      expect(all).toContain(ida.email);
      expect(all).toContain('Garasje');
      expect(all).not.toContain('Naboson');
    });

    it('gives nothing to somebody who only names an address in her profile', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const mark = tag();
      const eva = await addMember(e2e, { organisation: 'acme', tag: mark, without: ['mail', 'invoices'] });
      await e2e
        .db('infentre')
        .collection('profiles')
        .insertOne({
          _id: `pro_other_${mark}` as never,
          organisationId: 'acme',
          userId: 'usr_00003',
          displayName: 'Bjørn',
          alternateEmail: eva.email,
          bio: `hemmelig${mark}`,
          createdAt: new Date(Date.now() - 1e10),
        });
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'erasure', [{ type: 'email', value: eva.email }]);
      await calls.approve(await calls.pending(await calls.until(id, ['awaiting_approval']), 'acme'));
      const view = await calls.until(id, ['executing'], (v) =>
        v.steps.every((s) => s.outcome !== 'pending' && s.outcome !== 'undecided'),
      );
      const strange = view.steps.find((s) => s.outcome === 'review');
      expect(strange).toMatchObject({ dataset: 'profiles', basis: 'declared_link', verifiedAt: null });
      expect(changes(before, await snapshot(e2e.db('infentre'))).filter((l) => l.includes('pro_other'))).toEqual([]);
      await calls.act(id, 'resolve', { step: strange?.id, outcome: 'exclude', reason: "Another member's own field." });
      await calls.until(id, ['awaiting_backup_expiry']);
      expect(changes(before, await snapshot(e2e.db('infentre'))).filter((l) => l.includes('pro_other'))).toEqual([]);
    });
  });
}
