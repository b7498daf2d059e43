/** /docs: Swagger UI from our own files, under a policy that allows nothing else. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import express, { type Router } from 'express';
import { PROBLEMS } from '../contracts/index.js';

const INIT = `window.addEventListener('load', () => { window.ui = SwaggerUIBundle({ url: '/v1/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null, syntaxHighlight: false }); });\n`;

function html(title: string, head: string, body: string): string {
  return `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>${title}</title>\n${head}</head>\n<body>\n${body}</body>\n</html>\n`;
}

const PAGE = html(
  'Habeas API',
  '<link rel="stylesheet" href="/docs/swagger-ui.css">\n<script src="/docs/swagger-ui-bundle.js" defer></script>\n<script src="/docs/init.js" defer></script>\n',
  '<main id="docs"></main>\n',
);

const PROBLEM_PAGE = html(
  'Habeas problems',
  '',
  `<main>\n<h1>Problems</h1>\n<dl>\n${Object.entries(PROBLEMS)
    .map(([code, { status, title }]) => `<dt id="${code}"><code>${code}</code> (${status})</dt><dd>${title}.</dd>`)
    .join('\n')}\n</dl>\n</main>\n`,
);

export function docsPages(): Router {
  const router = express.Router();
  // The package also ships a start page that loads the petstore; only these two files are wanted.
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const page = (path: string, body: string, type = 'html'): void => {
    router.get(path, (_request, response) => {
      response.type(type).send(body);
    });
  };
  page('/docs', PAGE);
  page('/docs/problems', PROBLEM_PAGE);
  page('/docs/init.js', INIT, 'text/javascript');
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
    router.get(`/docs/${file}`, (_request, response) => {
      response.sendFile(file, { root: folder, maxAge: 3_600_000 });
    });
  }
  return router;
}
