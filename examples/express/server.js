const express = require('express');

const app = express();
const port = Number(process.env.PORT ?? 3000);

app.get('/', (request, response) => {
  response.send('<!doctype html><title>Express</title><h1>Hello from Express in OpenAgentsContainer</h1>');
});

app.get('/json', (request, response) => {
  response.json({ query: request.query, node: process.version });
});

app.listen(port, (error) => {
  if (error) throw error;
  console.log(`listening on port ${port}`);
});
