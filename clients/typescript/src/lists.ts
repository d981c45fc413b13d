/** Lists that come page by page. */

/** A call that answers page by page: `hub.targets.listTargets`. */
export type List<Request, Page> = (request: Request) => Promise<Page>;

/** The pages of a list, from where `request` begins. */
export async function* pages<
  Request extends { pageToken?: string },
  Page extends { nextPageToken: string },
>(list: List<Request, Page>, request: Request): AsyncGenerator<Page, void, undefined> {
  for (let pageToken = request.pageToken; ;) {
    const page = await list(pageToken === undefined ? request : { ...request, pageToken });
    yield page;
    if (page.nextPageToken === "") return;
    pageToken = page.nextPageToken;
  }
}

/** The items of a list: `each(hub.targets.listTargets, {}, (page) => page.targets)`. */
export async function* each<
  Request extends { pageToken?: string },
  Page extends { nextPageToken: string },
  Item,
>(
  list: List<Request, Page>,
  request: Request,
  items: (page: Page) => Iterable<Item>,
): AsyncGenerator<Item, void, undefined> {
  for await (const page of pages(list, request)) yield* items(page);
}
