/** What is written about a personal data breach: draft to the authority, notices to organisations and people, reminders. */
export interface BreachTexts {
  readonly simulated: string;
  readonly unknownYet: string;
  readonly authority: {
    readonly subject: string;
    readonly intro: string;
    readonly phase: string;
    readonly known: string;
    readonly nature: string;
    readonly people: string;
    readonly peopleNotYet: string;
    readonly data: string;
    readonly contact: string;
    readonly consequences: string;
    readonly measures: string;
    readonly told: string;
    readonly toldPeople: string;
    readonly toldSilence: string;
    readonly toldOpen: string;
    readonly late: string;
    readonly grounds: Readonly<Record<'34-3-a' | '34-3-b' | '34-3-c' | '34-1', string>>;
  };
  readonly officer: {
    readonly draftSubject: string;
    readonly draft: string;
    readonly reminderSubject: string;
    readonly reminder: string;
    readonly overdueSubject: string;
    readonly overdue: string;
  };
  readonly organisation: { readonly subject: string; readonly body: string };
  readonly person: { readonly subject: string; readonly body: string; readonly advice: string };
}

export const BREACH_TEXTS: Readonly<Record<'en' | 'nb' | 'sv', BreachTexts>> = {
  en: {
    simulated: 'SIMULATED TIME: the dates here were moved forward for a demonstration.',
    unknownYet: 'Not known yet; will be supplied in phases (Art. 33(4) GDPR).',
    authority: {
      subject: 'Notification of a personal data breach, {breachId}',
      intro:
        'To {authority}\n\nNotification under Art. 33 GDPR by {operatorName}, organisation number {orgNo}, {operatorAddress}.\nReference: {breachId}',
      phase: 'This is a first notification. Not every system has been searched yet; numbers follow (Art. 33(4)).',
      known: 'Known since {awareAt}. To be notified by {dueAt} ({hours} hours).',
      nature: 'Nature of the breach (Art. 33(3)(a)):\n{nature}\nSystems: {systems}.',
      people: 'People concerned: approximately {people}. Records concerned: approximately {records}.',
      peopleNotYet: 'Number of people concerned: not known yet. So far found: {people} people, {records} records.',
      data: 'Categories of personal data: {categories}.',
      contact: 'Contact (Art. 33(3)(b)): {dpo}',
      consequences: 'Likely consequences (Art. 33(3)(c)):\n{consequences}',
      measures: 'Measures taken or proposed (Art. 33(3)(d)):\n{measures}',
      told: 'Controllers told (Art. 33(2)): {organisations}.',
      toldPeople: 'The people concerned are being told (Art. 34): {told} of {toTell} so far.',
      toldSilence: 'The people concerned are not told ({ground}): {groundText}\n{reason}',
      toldOpen: 'Whether the people concerned are told (Art. 34) is not decided yet.',
      late: 'Reasons for the delay (Art. 33(1)): to be supplied by the sender.',
      grounds: {
        '34-3-a': 'the data was unintelligible to whoever had access (Art. 34(3)(a)).',
        '34-3-b': 'later measures make a high risk no longer likely (Art. 34(3)(b)).',
        '34-3-c':
          'telling each of them would be a disproportionate effort; there is a public communication (Art. 34(3)(c)).',
        '34-1': 'a high risk to them is not likely (Art. 34(1)).',
      },
    },
    officer: {
      draftSubject: 'Breach {breachId}: draft for the authority is ready',
      draft:
        'A breach was reported. The authority must be told by {dueAt}. The draft is at {draftUrl}.\n\nAfter sending it, record it: POST /v1/breaches/{breachId}/actions/authority_notified.',
      reminderSubject: 'Breach {breachId}: the authority has not been told yet',
      reminder:
        'Nobody has recorded that the authority was told of breach {breachId}. It must be told by {dueAt}. The draft is at {draftUrl}.',
      overdueSubject: 'Breach {breachId}: the time to tell the authority is over',
      overdue:
        'The time to tell the authority of breach {breachId} ended at {dueAt}, and nobody recorded that it was told. Tell it now, with the reasons for the delay (Art. 33(1)). The draft is at {draftUrl}.',
    },
    organisation: {
      subject: 'A breach concerns data of which you are the controller',
      body: 'To {organisation}\n\nAs your processor we tell you of a personal data breach (Art. 33(2) GDPR). Reference: {breachId}. We have known of it since {awareAt}.\n\nWhat happened:\n{nature}\n\nAbout {people} people of your organisation are concerned. Categories of data: {categories}. Systems: {systems}.\n\nLikely consequences:\n{consequences}\n\nWhat has been done:\n{measures}\n\nWhether you must tell your supervisory authority and the people concerned is yours to decide; your own 72 hours count from when you know of it.\n\nContact: {dpo}\n{operatorName}\n{operatorAddress}',
    },
    person: {
      subject: 'A breach concerns your personal data',
      body: 'Hello,\n\nwe tell you of a personal data breach that concerns you (Art. 34 GDPR). Reference: {breachId}.\n\nWhat happened:\n{nature}\n\nWhich of your data: {categories}.\n\nWhat may follow from it:\n{consequences}\n\nWhat we have done, and do:\n{measures}{advice}\n\nQuestions: {dpo}\n\nYou can complain to {authority} ({authorityUrl}) or to the authority where you live, and you can go to court.\n\n{operatorName}\n{operatorAddress}',
      advice: '\n\nWhat you can do yourself:\n{text}',
    },
  },
  nb: {
    simulated: 'SIMULERT TID: datoene her er flyttet fram for en demonstrasjon.',
    unknownYet: 'Ikke kjent ennå; gis trinnvis (personvernforordningen art. 33 nr. 4).',
    authority: {
      subject: 'Melding om brudd på personopplysningssikkerheten, {breachId}',
      intro:
        'Til {authority}\n\nMelding etter personvernforordningen art. 33 fra {operatorName}, organisasjonsnummer {orgNo}, {operatorAddress}.\nReferanse: {breachId}',
      phase: 'Dette er en første melding. Ikke alle systemer er gjennomsøkt ennå; tall følger (art. 33 nr. 4).',
      known: 'Kjent siden {awareAt}. Frist for melding: {dueAt} ({hours} timer).',
      nature: 'Bruddets art (art. 33 nr. 3 bokstav a):\n{nature}\nSystemer: {systems}.',
      people: 'Berørte personer: omtrent {people}. Berørte registreringer: omtrent {records}.',
      peopleNotYet:
        'Antall berørte personer: ikke kjent ennå. Hittil funnet: {people} personer, {records} registreringer.',
      data: 'Kategorier av personopplysninger: {categories}.',
      contact: 'Kontakt (art. 33 nr. 3 bokstav b): {dpo}',
      consequences: 'Sannsynlige konsekvenser (art. 33 nr. 3 bokstav c):\n{consequences}',
      measures: 'Tiltak som er truffet eller foreslås (art. 33 nr. 3 bokstav d):\n{measures}',
      told: 'Behandlingsansvarlige som er varslet (art. 33 nr. 2): {organisations}.',
      toldPeople: 'De berørte blir underrettet (art. 34): hittil {told} av {toTell}.',
      toldSilence: 'De berørte underrettes ikke ({ground}): {groundText}\n{reason}',
      toldOpen: 'Om de berørte skal underrettes (art. 34), er ikke avgjort ennå.',
      late: 'Begrunnelse for forsinkelsen (art. 33 nr. 1): fylles inn av avsenderen.',
      grounds: {
        '34-3-a': 'opplysningene var uleselige for den som hadde tilgang (art. 34 nr. 3 bokstav a).',
        '34-3-b': 'senere tiltak gjør at høy risiko ikke lenger er sannsynlig (art. 34 nr. 3 bokstav b).',
        '34-3-c':
          'å underrette hver enkelt ville kreve en uforholdsmessig innsats; det er gitt offentlig informasjon (art. 34 nr. 3 bokstav c).',
        '34-1': 'høy risiko for dem er ikke sannsynlig (art. 34 nr. 1).',
      },
    },
    officer: {
      draftSubject: 'Brudd {breachId}: utkast til melding er klart',
      draft:
        'Et brudd er meldt inn. Tilsynsmyndigheten skal ha melding innen {dueAt}. Utkastet ligger her: {draftUrl}.\n\nNår det er sendt, registreres det: POST /v1/breaches/{breachId}/actions/authority_notified.',
      reminderSubject: 'Brudd {breachId}: tilsynsmyndigheten har ikke fått melding ennå',
      reminder:
        'Ingen har registrert at tilsynsmyndigheten har fått melding om brudd {breachId}. Frist: {dueAt}. Utkastet ligger her: {draftUrl}.',
      overdueSubject: 'Brudd {breachId}: fristen for melding er ute',
      overdue:
        'Fristen for å melde brudd {breachId} gikk ut {dueAt}, og ingen har registrert at det er meldt. Meld nå, med begrunnelse for forsinkelsen (art. 33 nr. 1). Utkastet ligger her: {draftUrl}.',
    },
    organisation: {
      subject: 'Et brudd gjelder opplysninger dere er behandlingsansvarlig for',
      body: 'Til {organisation}\n\nSom deres databehandler varsler vi om et brudd på personopplysningssikkerheten (personvernforordningen art. 33 nr. 2). Referanse: {breachId}. Vi har kjent til det siden {awareAt}.\n\nHva som har skjedd:\n{nature}\n\nOmtrent {people} personer hos dere er berørt. Kategorier av opplysninger: {categories}. Systemer: {systems}.\n\nSannsynlige konsekvenser:\n{consequences}\n\nHva som er gjort:\n{measures}\n\nOm dere må melde fra til tilsynsmyndigheten og underrette de berørte, avgjør dere selv; deres egen frist på 72 timer løper fra dere fikk kjennskap til bruddet.\n\nKontakt: {dpo}\n{operatorName}\n{operatorAddress}',
    },
    person: {
      subject: 'Et sikkerhetsbrudd gjelder opplysninger om deg',
      body: 'Hei,\n\nvi underretter deg om et brudd på personopplysningssikkerheten som gjelder deg (personvernforordningen art. 34). Referanse: {breachId}.\n\nHva som har skjedd:\n{nature}\n\nHvilke opplysninger om deg: {categories}.\n\nHva det kan føre til:\n{consequences}\n\nHva vi har gjort og gjør:\n{measures}{advice}\n\nSpørsmål: {dpo}\n\nDu kan klage til {authority} ({authorityUrl}) eller til tilsynsmyndigheten der du bor, og du kan gå til domstolene.\n\n{operatorName}\n{operatorAddress}',
      advice: '\n\nHva du selv kan gjøre:\n{text}',
    },
  },
  sv: {
    simulated: 'SIMULERAD TID: datumen här har flyttats fram för en demonstration.',
    unknownYet: 'Inte känt ännu; lämnas i omgångar (dataskyddsförordningen art. 33.4).',
    authority: {
      subject: 'Anmälan av en personuppgiftsincident, {breachId}',
      intro:
        'Till {authority}\n\nAnmälan enligt artikel 33 i dataskyddsförordningen från {operatorName}, organisationsnummer {orgNo}, {operatorAddress}.\nReferens: {breachId}',
      phase:
        'Detta är en första anmälan. Alla system har inte sökts igenom ännu; uppgifter om antal följer (art. 33.4).',
      known: 'Känd sedan {awareAt}. Ska anmälas senast {dueAt} ({hours} timmar).',
      nature: 'Incidentens art (art. 33.3 a):\n{nature}\nSystem: {systems}.',
      people: 'Berörda personer: ungefär {people}. Berörda poster: ungefär {records}.',
      peopleNotYet: 'Antal berörda personer: inte känt ännu. Hittills funna: {people} personer, {records} poster.',
      data: 'Kategorier av personuppgifter: {categories}.',
      contact: 'Kontakt (art. 33.3 b): {dpo}',
      consequences: 'Sannolika konsekvenser (art. 33.3 c):\n{consequences}',
      measures: 'Åtgärder som vidtagits eller föreslås (art. 33.3 d):\n{measures}',
      told: 'Personuppgiftsansvariga som underrättats (art. 33.2): {organisations}.',
      toldPeople: 'De berörda informeras (art. 34): hittills {told} av {toTell}.',
      toldSilence: 'De berörda informeras inte ({ground}): {groundText}\n{reason}',
      toldOpen: 'Om de berörda ska informeras (art. 34) är inte avgjort ännu.',
      late: 'Skäl till förseningen (art. 33.1): fylls i av avsändaren.',
      grounds: {
        '34-3-a': 'uppgifterna var oläsliga för den som hade tillgång till dem (art. 34.3 a).',
        '34-3-b': 'senare åtgärder gör att en hög risk inte längre är sannolik (art. 34.3 b).',
        '34-3-c':
          'att informera var och en skulle innebära en oproportionell ansträngning; allmänheten har informerats (art. 34.3 c).',
        '34-1': 'en hög risk för dem är inte sannolik (art. 34.1).',
      },
    },
    officer: {
      draftSubject: 'Incident {breachId}: utkast till anmälan är klart',
      draft:
        'En incident har rapporterats. Tillsynsmyndigheten ska underrättas senast {dueAt}. Utkastet finns här: {draftUrl}.\n\nNär det är skickat registreras det: POST /v1/breaches/{breachId}/actions/authority_notified.',
      reminderSubject: 'Incident {breachId}: tillsynsmyndigheten har inte underrättats ännu',
      reminder:
        'Ingen har registrerat att tillsynsmyndigheten underrättats om incident {breachId}. Senast: {dueAt}. Utkastet finns här: {draftUrl}.',
      overdueSubject: 'Incident {breachId}: tiden för anmälan är ute',
      overdue:
        'Tiden för att anmäla incident {breachId} gick ut {dueAt}, och ingen har registrerat att den anmälts. Anmäl nu, med skälen till förseningen (art. 33.1). Utkastet finns här: {draftUrl}.',
    },
    organisation: {
      subject: 'En incident gäller uppgifter som ni är personuppgiftsansvariga för',
      body: 'Till {organisation}\n\nSom ert personuppgiftsbiträde underrättar vi er om en personuppgiftsincident (dataskyddsförordningen art. 33.2). Referens: {breachId}. Vi har känt till den sedan {awareAt}.\n\nVad som har hänt:\n{nature}\n\nUngefär {people} personer hos er berörs. Kategorier av uppgifter: {categories}. System: {systems}.\n\nSannolika konsekvenser:\n{consequences}\n\nVad som har gjorts:\n{measures}\n\nOm ni måste anmäla till tillsynsmyndigheten och informera de berörda avgör ni själva; er egen tid på 72 timmar räknas från när ni fick vetskap om incidenten.\n\nKontakt: {dpo}\n{operatorName}\n{operatorAddress}',
    },
    person: {
      subject: 'En personuppgiftsincident gäller dig',
      body: 'Hej,\n\nvi informerar dig om en personuppgiftsincident som gäller dig (dataskyddsförordningen art. 34). Referens: {breachId}.\n\nVad som har hänt:\n{nature}\n\nVilka uppgifter om dig: {categories}.\n\nVad det kan leda till:\n{consequences}\n\nVad vi har gjort och gör:\n{measures}{advice}\n\nFrågor: {dpo}\n\nDu kan klaga hos {authority} ({authorityUrl}) eller hos tillsynsmyndigheten där du bor, och du kan gå till domstol.\n\n{operatorName}\n{operatorAddress}',
      advice: '\n\nVad du själv kan göra:\n{text}',
    },
  },
};
