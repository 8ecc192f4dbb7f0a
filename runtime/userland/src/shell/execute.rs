//! Walking the syntax tree. POSIX 2.9.

use oac_sys::flags::open;

use super::spawn::Started;
use super::{Interrupt, Run, Shell, ShellError, builtin, pattern};
use crate::syntax::{Command, CommandKind, Connector, Item, List, Pipeline, Redirect, Word, list_text};

/// Function calls and `.` within each other, at most: a bound on the stack.
const CALLS_MAX: usize = 100;

impl Shell {
    /// Runs a list.
    pub(super) fn run_list(&mut self, list: &[Item]) -> Run {
        list.iter().try_for_each(|item| self.run_item(item))
    }

    fn run_item(&mut self, item: &Item) -> Run {
        if item.background {
            return self.run_in_background(item);
        }
        let connectors = item.rest.iter().map(|(connector, _)| Some(*connector)).chain([None]);
        let pipelines = std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline));
        let mut before: Option<Connector> = None;
        for (pipeline, next) in pipelines.zip(connectors) {
            let runs = before.is_none_or(|connector| (connector == Connector::And) == (self.status == 0));
            if runs {
                // Only the last command of an and-or list can end the shell under -e.
                self.tested += usize::from(next.is_some());
                let result = self.run_pipeline(pipeline);
                self.tested -= usize::from(next.is_some());
                result?;
            }
            before = next;
        }
        Ok(())
    }

    fn run_in_background(&mut self, item: &Item) -> Run {
        let mut io = self.io.clone();
        // Without job control the input of a background command is empty. POSIX 2.9.3.
        if let Ok(fd) = oac_sys::open(b"/dev/null", open::RDONLY | open::CLOEXEC, 0) {
            io.set(0, oac_sys::File::from_fd(fd));
        }
        let started = match (item.rest.as_slice(), item.first.commands.as_slice()) {
            ([], [command]) if !item.first.negated => self.start(command, io)?,
            _ => self.start_subshell(
                &list_text(std::slice::from_ref(&Item { background: false, ..item.clone() })),
                &io,
            ),
        };
        self.status = 0;
        if let Started::Task(pid) = started {
            self.last_background = Some(pid);
            self.jobs.insert(pid);
        }
        Ok(())
    }

    fn run_pipeline(&mut self, pipeline: &Pipeline) -> Run {
        self.tested += usize::from(pipeline.negated);
        let result = match pipeline.commands.as_slice() {
            [command] => self.run_command(command),
            commands => self.run_pipes(commands),
        };
        self.tested -= usize::from(pipeline.negated);
        result?;
        if pipeline.negated {
            self.status = u8::from(self.status == 0);
        } else if self.options.exit_on_failure && self.status != 0 && self.tested == 0 {
            return Err(Interrupt::Exit);
        }
        Ok(())
    }

    /// Every command in a task of its own, at the same time; the status is the last one's.
    fn run_pipes(&mut self, commands: &[Command]) -> Run {
        let mut started = Vec::new();
        let mut input = None;
        for (index, command) in commands.iter().enumerate() {
            let mut io = self.io.clone();
            if let Some(read) = input.take() {
                io.set(0, read);
            }
            if index + 1 < commands.len() {
                match oac_sys::pipe(open::CLOEXEC) {
                    Ok((read, write)) => {
                        input = Some(read);
                        io.set(1, write);
                    }
                    Err(errno) => return self.fail(&ShellError::System { action: "make a pipe", errno }),
                }
            }
            // A command that cannot be expanded fails alone: it would have been in a subshell.
            started.push(self.start(command, io).unwrap_or(Started::Failed(2)));
        }
        for one in started {
            self.status = self.wait_for(one);
        }
        Ok(())
    }

    fn run_command(&mut self, command: &Command) -> Run {
        self.line = command.line;
        match &command.kind {
            CommandKind::Simple { assignments, words } => {
                self.run_simple(assignments, words, &command.redirects)
            }
            CommandKind::Function { name, body } => {
                self.functions.insert(name.clone(), (**body).clone());
                self.status = 0;
                Ok(())
            }
            kind if command.redirects.is_empty() => self.run_compound(kind),
            kind => match self.redirected(&command.redirects)? {
                Some(io) => self.with_io(io, |shell| shell.run_compound(kind)),
                None => Ok(()),
            },
        }
    }

    fn run_compound(&mut self, kind: &CommandKind) -> Run {
        match kind {
            CommandKind::Group(list) => self.run_list(list),
            CommandKind::Subshell(list) => {
                let io = self.io.clone();
                let started = self.start_subshell(&list_text(list), &io);
                self.status = self.wait_for(started);
                Ok(())
            }
            CommandKind::If { arms, otherwise } => {
                for (condition, body) in arms {
                    if self.condition(condition)? {
                        return self.run_list(body);
                    }
                }
                self.status = 0;
                otherwise.as_ref().map_or(Ok(()), |list| self.run_list(list))
            }
            CommandKind::While { until, condition, body } => self.run_while(*until, condition, body),
            CommandKind::For { name, words, body } => self.run_for(name, words.as_deref(), body),
            CommandKind::Case { subject, arms } => self.run_case(subject, arms),
            CommandKind::Simple { .. } | CommandKind::Function { .. } => Ok(()),
        }
    }

    fn condition(&mut self, list: &List) -> Run<bool> {
        self.tested += 1;
        let result = self.run_list(list);
        self.tested -= 1;
        result.map(|()| self.status == 0)
    }

    fn run_while(&mut self, until: bool, condition: &List, body: &List) -> Run {
        let mut status = 0;
        loop {
            self.loops += 1;
            let turn = match self.condition(condition) {
                Ok(holds) if holds == until => {
                    self.loops -= 1;
                    self.status = status;
                    return Ok(());
                }
                Ok(_) => self.run_list(body),
                Err(interrupt) => Err(interrupt),
            };
            self.loops -= 1;
            if !goes_on(turn)? {
                return Ok(());
            }
            status = self.status;
        }
    }

    fn run_for(&mut self, name: &str, words: Option<&[Word]>, body: &List) -> Run {
        let values = match words {
            Some(words) => self.expand_words(words)?,
            None => self.parameters.clone(),
        };
        self.status = 0;
        for value in values {
            if let Err(error) = self.set(name, &value) {
                return self.fail(&error);
            }
            self.loops += 1;
            let turn = self.run_list(body);
            self.loops -= 1;
            if !goes_on(turn)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn run_case(&mut self, subject: &Word, arms: &[(Vec<Word>, List)]) -> Run {
        let subject = self.expand_text(subject)?;
        self.status = 0;
        for (patterns, body) in arms {
            for word in patterns {
                let pattern = self.expand_pattern(word)?;
                if pattern::matches(&pattern, &subject) {
                    return self.run_list(body);
                }
            }
        }
        Ok(())
    }

    fn run_simple(&mut self, assignments: &[(String, Word)], words: &[Word], redirects: &[Redirect]) -> Run {
        self.substituted = false;
        let arguments = self.expand_words(words)?;
        let Some(name) = arguments.first() else {
            let done = self.run_assignments(assignments, redirects)?;
            // Without a command the status is that of the last substitution. POSIX 2.9.1.
            if done && !self.substituted {
                self.status = 0;
            }
            return Ok(());
        };
        if let Some(body) = self.functions.get(name).cloned() {
            return self.run_function(&body, &arguments, assignments, redirects);
        }
        if builtin::exists(name) {
            return self.run_builtin(&arguments, assignments, redirects);
        }
        let Some(io) = self.redirected(redirects)? else { return Ok(()) };
        let extra = self.expand_assignments(assignments)?;
        self.trace(&extra, &arguments);
        let started = self.with_io(io, |shell| {
            let io = shell.io.clone();
            Ok(shell.start_program(&arguments, &extra, &io))
        })?;
        self.status = self.wait_for(started);
        Ok(())
    }

    /// False if a redirection failed, which has been reported.
    fn run_assignments(&mut self, assignments: &[(String, Word)], redirects: &[Redirect]) -> Run<bool> {
        if self.redirected(redirects)?.is_none() {
            return Ok(false);
        }
        for (name, value) in assignments {
            let value = self.expand_text(value)?;
            self.trace(&[(name.clone(), value.clone())], &[]);
            if let Err(error) = self.set(name, &value) {
                return self.fail(&error);
            }
        }
        Ok(true)
    }

    fn run_builtin(
        &mut self,
        arguments: &[String],
        assignments: &[(String, Word)],
        redirects: &[Redirect],
    ) -> Run {
        let special = builtin::is_special(&arguments[0]);
        let Some(io) = self.redirected(redirects)? else {
            // POSIX 2.8.1: that of a special one ends the shell.
            return if special && !self.interactive { Err(Interrupt::Exit) } else { Ok(()) };
        };
        let values = self.expand_assignments(assignments)?;
        self.trace(&values, arguments);
        let before: Vec<_> =
            values.iter().map(|(name, _)| (name.clone(), self.variables.get(name).cloned())).collect();
        for (name, value) in &values {
            if let Err(error) = self.set(name, value) {
                return self.fail(&error);
            }
        }
        if arguments[0] == "exec" && arguments.len() == 1 {
            self.io = io;
            self.status = 0;
            return Ok(());
        }
        let result = self.with_io(io, |shell| builtin::run(shell, arguments));
        // Assignments before a special one stay. POSIX 2.14.
        if !special {
            for (name, variable) in before {
                match variable {
                    Some(variable) => self.variables.insert(name, variable),
                    None => self.variables.remove(&name),
                };
            }
        }
        self.status = result?;
        Ok(())
    }

    fn run_function(
        &mut self,
        body: &Command,
        arguments: &[String],
        assignments: &[(String, Word)],
        redirects: &[Redirect],
    ) -> Run {
        let Some(io) = self.redirected(redirects)? else { return Ok(()) };
        self.run_assignments(assignments, &[])?;
        let parameters = std::mem::replace(&mut self.parameters, arguments[1..].to_vec());
        let loops = std::mem::take(&mut self.loops);
        self.locals.push(Vec::new());
        let result = self.called(|shell| shell.with_io(io, |shell| shell.run_command(body)));
        for (name, variable) in self.locals.pop().unwrap_or_default().into_iter().rev() {
            match variable {
                Some(variable) => self.variables.insert(name, variable),
                None => self.variables.remove(&name),
            };
        }
        self.loops = loops;
        self.parameters = parameters;
        result
    }

    /// Runs what `return` returns from.
    pub(super) fn called(&mut self, body: impl FnOnce(&mut Self) -> Run) -> Run {
        if self.calls >= CALLS_MAX {
            self.complain(&"functions call each other more than 100 deep");
            self.status = 2;
            return Err(Interrupt::Exit);
        }
        self.calls += 1;
        let result = body(self);
        self.calls -= 1;
        match result {
            Err(Interrupt::Return) => Ok(()),
            other => other,
        }
    }
}

/// What a turn of a loop means for the loop around it: whether the loop goes on, or an interrupt for those outside.
fn goes_on(turn: Run) -> Run<bool> {
    match turn {
        Ok(()) | Err(Interrupt::Continue(1)) => Ok(true),
        Err(Interrupt::Break(1)) => Ok(false),
        Err(Interrupt::Break(levels)) => Err(Interrupt::Break(levels - 1)),
        Err(Interrupt::Continue(levels)) => Err(Interrupt::Continue(levels - 1)),
        Err(other) => Err(other),
    }
}
