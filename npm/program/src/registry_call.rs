//! Single questions to the registry, for commands that only show the answer.

use crate::context::Context;
use crate::failure::Failure;
use crate::http::{Http, at_once, retry_policy};
use crate::question;
use crate::reify::{fetch_options, pick_context};
use oac_npm_installer::Packuments;
use oac_npm_registry::{Client, Integrity, Packument, RegistryError, Response, Transport};
use oac_npm_resolver::ResolveError;
use oac_npm_spec::{Manifest, PackageSpec};
use serde_json::Value;
use std::rc::Rc;
use std::time::Duration;

/// Asks questions with the command's settings.
pub(crate) struct Call<'a> {
    context: &'a Context,
}

impl<'a> Call<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// The body at an address.
    pub(crate) fn get(&self, url: &str, accept: &str) -> Result<Vec<u8>, RegistryError> {
        self.send("GET", url, &[("accept", accept)], Vec::new())
    }

    /// The answer to what is sent to an address.
    pub(crate) fn send(
        &self,
        method: &'static str,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Vec<u8>, RegistryError> {
        Ok(self.ask(method, url, headers, body)?.body)
    }

    /// Waits, as a server asks for.
    pub(crate) fn sleep(&self, duration: Duration) {
        Http::default().sleep(duration);
    }

    /// The same, with its status and headers.
    pub(crate) fn ask(
        &self,
        method: &'static str,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Response, RegistryError> {
        let config = &self.context.config;
        let mut transport = Http::default();
        let mut client = Client::new(config, &mut transport, retry_policy(config), at_once(config));
        client.send(method, url, headers, body);
        match client.wait() {
            Some((_, answer)) => answer,
            None => Ok(Response { status: 204, headers: Vec::new(), body: Vec::new() }),
        }
    }

    /// The answer, as JSON, to JSON that is sent to an address of the registry. `--otp` goes along; on a terminal,
    /// the user is asked for it where the registry wants it.
    pub(crate) fn send_json(&self, method: &'static str, url: &str, body: &Value) -> Result<Value, Failure> {
        self.send_json_as(method, url, body, None)
    }

    /// The same with an `Authorization` of its own.
    pub(crate) fn send_json_as(
        &self,
        method: &'static str,
        url: &str,
        body: &Value,
        authorization: Option<&str>,
    ) -> Result<Value, Failure> {
        let text = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let attempt = |otp: Option<&str>| {
            let mut headers = vec![("accept", "*/*")];
            if !body.is_null() {
                headers.push(("content-type", "application/json"));
            }
            headers.extend(otp.map(|otp| ("npm-otp", otp)));
            headers.extend(authorization.map(|value| ("authorization", value)));
            headers.push(("npm-command", &self.context.command));
            self.send(method, url, &headers, text.clone())
        };
        let mut answer = attempt(self.context.config.get("otp"));
        if answer.as_ref().is_err_and(RegistryError::wants_one_time_password) && question::on_terminal() {
            let otp =
                question::one_time_password("This operation requires a one-time password.\nEnter OTP:")?;
            answer = attempt(Some(&otp));
        }
        Ok(serde_json::from_slice(&answer?).unwrap_or(Value::Null))
    }

    /// Everything the registry has on a package.
    pub(crate) fn packument(&self, name: &str) -> Result<Value, Failure> {
        let url = self.context.config.packument_url(name)?;
        let body = self.get(&url, "application/json").map_err(|error| about(name, "*", error))?;
        serde_json::from_slice(&body)
            .map_err(|e| RegistryError::MalformedPackument { url, problem: e.to_string() }.into())
    }

    /// What an install needs to know of a package.
    pub(crate) fn abbreviated(&self, name: &str) -> Result<Packument, Failure> {
        let config = &self.context.config;
        let cache = self.context.fetched();
        let mut transport = Http::default();
        let client = Client::new(config, &mut transport, retry_policy(config), at_once(config));
        let mut source = Packuments::new(client, config, &cache, fetch_options(self.context));
        let known = source.ask(name).map_err(|e| about(name, "*", e))?;
        match known {
            Some(known) => Ok(known),
            None => match source.wait() {
                Some((_, answer)) => answer.map_err(|e| about(name, "*", e)),
                None => Err(Failure::Plain(format!("{name} was not answered"))),
            },
        }
    }

    /// The version that a spec picks, and its verified tarball.
    pub(crate) fn tarball(&self, spec: &PackageSpec) -> Result<(Rc<Manifest>, Vec<u8>), Failure> {
        let config = &self.context.config;
        let cache = self.context.fetched();
        let name = spec.registry_name().unwrap_or_default();
        let wanted = &spec.target().raw_spec;
        let mut transport = Http::default();
        let client = Client::new(config, &mut transport, retry_policy(config), at_once(config));
        let mut source = Packuments::new(client, config, &cache, fetch_options(self.context));
        let packument: Packument = match source.ask(name).map_err(|e| about(name, wanted, e))? {
            Some(known) => known,
            None => match source.wait() {
                Some((_, answer)) => answer.map_err(|e| about(name, wanted, e))?,
                None => return Err(Failure::Plain(format!("{name} was not answered"))),
            },
        };
        drop(source);
        let missing = || ResolveError::NoVersion {
            name: name.to_owned(),
            wanted: wanted.clone(),
            required_by: String::new(),
        };
        let manifest = packument.pick(spec, &pick_context(self.context)?).ok_or_else(missing)?;
        let address = manifest.dist.tarball.clone().ok_or_else(missing)?;
        let url = config.tarball_url(name, &address)?;
        let tarball = self.get(&url, "*/*")?;
        if let Some(integrity) = manifest.dist.integrity.as_deref().and_then(Integrity::parse) {
            integrity.check(&url, &tarball)?;
            cache.keep_tarball(&integrity, &tarball);
        }
        Ok((manifest, tarball))
    }
}

/// A failure with the package it is about.
pub(crate) fn about(name: &str, spec: &str, error: RegistryError) -> Failure {
    let package = format!("{name}@{spec}");
    ResolveError::Registry { error: Box::new(error), package, required_by: String::new() }.into()
}
