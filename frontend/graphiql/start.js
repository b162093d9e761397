// Starts the prebuilt GraphiQL on this server's own /graphql. A file and not inline, so that the page's
// Content-Security-Policy can refuse every inline script.
"use strict";

const url = new URL("/graphql", window.location.href);
const subscriptionUrl = new URL(url);
subscriptionUrl.protocol = url.protocol === "https:" ? "wss:" : "ws:";

const fetcher = GraphiQL.createFetcher({ url: url.href, subscriptionUrl: subscriptionUrl.href });

const defaultQuery = `# Reading needs no token here unless the server says so. For all else give one under Headers:
#   { "authorization": "Bearer TOKEN" }
# The book icon on the left shows all there is to ask.

{
  versions(first: 5) {
    nodes {
      name
    }
  }
}
`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery,
    // A token in the headers is not written to the disk of whoever uses this browser next.
    shouldPersistHeaders: false,
  }),
);
