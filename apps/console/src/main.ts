import { fetchMap } from './hub-api.ts';
import { HubLink } from './hub-link.ts';
import { Page } from './page.ts';

const page = new Page();
fetchMap().then(
  (features) => page.drawMap(features),
  (error: unknown) => console.error('Seawall: no map.', error),
);
new HubLink({
  hello: (hello) => page.hello(hello),
  overview: (event) => page.overview(event),
  lost: (since) => page.lost(since),
});
