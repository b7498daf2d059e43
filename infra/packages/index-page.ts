/** The page of an access package that a person opens first: plain HTML without script, from disk. */
import type { Pack } from '../../domain/policy/types.js';

interface Texts {
  readonly title: string;
  readonly intro: string;
  readonly dataset: string;
  readonly field: string;
  readonly category: string;
  readonly purpose: string;
  readonly basis: string;
  readonly source: string;
  readonly records: string;
  readonly recipients: string;
  readonly rights: string;
  readonly kept: string;
}

const TEXTS: Readonly<Record<string, Texts>> = {
  en: {
    title: 'Your data',
    intro:
      'This is a copy of the personal data about you, made on {date} for request {id}. The files are in the folder “data”; manifest.json holds their checksums (SHA-256).',
    dataset: 'Dataset',
    field: 'Field',
    category: 'Category',
    purpose: 'Purpose',
    basis: 'Legal basis',
    source: 'Source',
    records: 'records',
    recipients: 'Recipients',
    rights:
      'You can ask for correction, erasure, restriction and transfer, and object. You can complain to the supervisory authority. No decision about you is made by automated means alone.',
    kept: 'Kept by law: {law}',
  },
  nb: {
    title: 'Opplysningene dine',
    intro:
      'Dette er en kopi av personopplysningene om deg, laget {date} for krav {id}. Filene ligger i mappen «data»; manifest.json har sjekksummene (SHA-256).',
    dataset: 'Datasett',
    field: 'Felt',
    category: 'Kategori',
    purpose: 'Formål',
    basis: 'Rettslig grunnlag',
    source: 'Kilde',
    records: 'oppføringer',
    recipients: 'Mottakere',
    rights:
      'Du kan be om retting, sletting, begrensning og overføring, og protestere. Du kan klage til tilsynsmyndigheten. Ingen avgjørelse om deg tas bare automatisk.',
    kept: 'Beholdes etter loven: {law}',
  },
  sv: {
    title: 'Dina uppgifter',
    intro:
      'Detta är en kopia av personuppgifterna om dig, gjord {date} för begäran {id}. Filerna ligger i mappen ”data”; manifest.json har deras kontrollsummor (SHA-256).',
    dataset: 'Datamängd',
    field: 'Fält',
    category: 'Kategori',
    purpose: 'Ändamål',
    basis: 'Rättslig grund',
    source: 'Källa',
    records: 'poster',
    recipients: 'Mottagare',
    rights:
      'Du kan begära rättelse, radering, begränsning och överföring samt invända. Du kan klaga hos tillsynsmyndigheten. Inget beslut om dig fattas enbart automatiskt.',
    kept: 'Sparas enligt lag: {law}',
  },
};

export function renderIndex(
  pack: Pack,
  order: {
    readonly requestId: string;
    readonly language: string;
    readonly createdAt: string;
    readonly parts: readonly { readonly key: string; readonly system: string; readonly dataset: string }[];
  },
  files: readonly { readonly name: string; readonly records: number }[],
): string {
  const language = order.language in TEXTS ? order.language : 'en';
  const t = TEXTS[language] as Texts;
  const sections = order.parts.map((part, i) => {
    const dataset = pack.systems.find((s) => s.id === part.system)?.datasets.find((d) => d.id === part.dataset);
    const rows = Object.entries(dataset?.fields ?? {})
      .map(
        ([name, f]) =>
          `<tr><td>${escape(name)}</td><td>${escape(f.category)}</td><td>${escape(f.purpose)}</td><td>${escape(f.basis)}</td><td>${escape(f.source)}</td></tr>`,
      )
      .join('');
    const file = files[i];
    const kept = dataset?.hold == null ? '' : `<p>${escape(t.kept.replace('{law}', dataset.hold.law))}</p>`;
    return `<section><h2>${escape(part.system)} / ${escape(part.dataset)}</h2><p><a href="${escape(file?.name ?? '')}">${escape(file?.name ?? '')}</a>: ${file?.records ?? 0} ${escape(t.records)}</p>${kept}<table><thead><tr><th scope="col">${t.field}</th><th scope="col">${t.category}</th><th scope="col">${t.purpose}</th><th scope="col">${t.basis}</th><th scope="col">${t.source}</th></tr></thead><tbody>${rows}</tbody></table></section>`;
  });
  const recipients = pack.recipients
    .map((r) => `<li>${escape(r.name)} (${escape(r.region)}): ${escape(r.purpose)}</li>`)
    .join('');
  const intro = t.intro.replace('{date}', order.createdAt.slice(0, 10)).replace('{id}', order.requestId);
  return `<!doctype html>\n<html lang="${language}"><head><meta charset="utf-8"><title>${escape(t.title)}</title></head><body><main><h1>${escape(t.title)}</h1><p>${escape(pack.legal.name)}, ${escape(pack.legal.address)}, ${escape(pack.legal.dpo)}</p><p>${escape(intro)}</p>${sections.join('')}<h2>${escape(t.recipients)}</h2><ul>${recipients}</ul><p>${escape(t.rights)}</p></main></body></html>\n`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
