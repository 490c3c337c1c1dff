//! Loops and branches, and the variables that carry values through them.

use enigma_ir::{BlockId, Definition, Op, Opcode, ValueId};

use crate::body::Emitter;
use crate::expression::{Expression, Precedence, conditional};

/// The variable that takes a result of a branch.
struct Carried {
    /// Which result.
    k: usize,
    variable: String,
    /// The value that it holds from the start.
    initial: Option<ValueId>,
}

impl<'k> Emitter<'k> {
    pub fn branch(&mut self, op: &'k Op) {
        let results = self.plan.carries(op);
        let blocks = [op.blocks[0], op.blocks[1]];
        if let ([k], true) = (&results[..], blocks.iter().all(|&b| self.is_expression(b))) {
            return self.select(op, *k);
        }
        let variables: Vec<Carried> = results.iter().map(|&k| self.result_variable(op, k)).collect();
        let condition = self.condition(op.operands[0]);
        let then = self.branch_block(blocks[0], &variables);
        let otherwise = self.branch_block(blocks[1], &variables);
        match (then.is_empty(), otherwise.is_empty()) {
            (true, true) => {}
            (true, false) => {
                self.out.line(&format!("if ({}) {{", Expression::unary('!', &condition).text));
                self.out.push(&otherwise);
                self.out.line("}");
            }
            _ => {
                self.out.line(&format!("if ({}) {{", condition.text));
                self.out.push(&then);
                self.otherwise(op, &otherwise);
            }
        }
    }

    /// `x = condition ? yes : no`, for a branch that does nothing but choose.
    fn select(&mut self, op: &Op, k: usize) {
        let condition = self.condition(op.operands[0]);
        let [yes, no] = [0, 1].map(|n| self.kernel.block(op.blocks[n]).yields[k]);
        let choice = conditional(&condition, &self.value(yes), &self.value(no));
        self.define(op.results[k], &choice);
    }

    /// The variable for a result of a branch. It starts as what the second block yields, if that block only passes
    /// on a value that was there before.
    fn result_variable(&mut self, op: &Op, k: usize) -> Carried {
        let result = op.results[k];
        if let Some(variable) = self.shared_variable(result) {
            return Carried { k, variable, initial: None };
        }
        let ty = self.type_name(self.kernel.ty(result));
        let other = self.kernel.block(op.blocks[1]).yields[k];
        let known = self.kernel.literal(other).is_some() || self.variables.name_of(other).is_some();
        if !known || !self.is_expression(op.blocks[1]) {
            let variable = self.declare_variable(result);
            self.out.line(&format!("{ty} {variable};"));
            return Carried { k, variable, initial: None };
        }
        let initial = self.plain(other);
        let variable = self.declare_variable(result);
        self.out.line(&format!("{ty} {variable} = {};", initial.text));
        Carried { k, variable, initial: Some(other) }
    }

    /// One side of a branch, as text.
    fn branch_block(&mut self, block: BlockId, carried: &[Carried]) -> String {
        let yields = &self.kernel.block(block).yields;
        let changed = carried.iter().filter(|c| c.initial != Some(yields[c.k]));
        let pairs: Vec<(ValueId, String)> = changed.map(|c| (yields[c.k], c.variable.clone())).collect();
        self.out.indent();
        let start = self.out.len();
        self.names.enter();
        self.share_yields(block, &pairs);
        self.block(block);
        self.assign_all(pairs);
        self.names.leave();
        self.out.outdent();
        self.out.take_from(start)
    }

    /// The second side of a branch after the first: nothing, `else if`, or `else`.
    fn otherwise(&mut self, op: &Op, text: &str) {
        if text.is_empty() {
            return self.out.line("}");
        }
        if self.is_only_branch(op, op.blocks[1]) {
            let dedented: Vec<&str> = text.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
            let chain = dedented.join("\n");
            let chain = chain.trim_start();
            return self.out.line(&format!("}} else {chain}"));
        }
        self.out.line("} else {");
        self.out.push(text);
        self.out.line("}");
    }

    /// Whether a block of a branch does nothing but branch again, and neither gives a result.
    fn is_only_branch(&self, op: &Op, block: BlockId) -> bool {
        let statements = self.kernel.block(block).ops.iter().filter(|&&id| {
            let op = self.kernel.op(id);
            let silent = !op.results.is_empty() && op.results.iter().all(|&v| self.is_silent(v));
            self.plan.is_live(id) && !silent
        });
        let statements: Vec<&Op> = statements.map(|&id| self.kernel.op(id)).collect();
        let quiet = |op: &Op| op.code == Opcode::If && self.plan.carries(op).is_empty();
        quiet(op) && matches!(statements[..], [only] if quiet(only))
    }

    fn is_silent(&self, value: ValueId) -> bool {
        self.plan.is_folded(value) || self.kernel.literal(value).is_some()
    }

    pub fn for_loop(&mut self, op: &'k Op) {
        let body = op.blocks[0];
        let carries = self.plan.carries(op);
        let variables = self.carry_variables(op, &carries, 3, &[(body, 1)]);
        let [lo, hi, step] = [0, 1, 2].map(|n| self.plain(op.operands[n]));
        self.names.enter();
        let induction = self.kernel.block(body).args[0];
        let i = match &self.kernel.value(induction).name {
            Some(name) => self.names.declare(name),
            None => self.names.declare_first(&["i", "j", "k", "l", "i"]),
        };
        self.variables.bind(induction, &i);
        let (relation, advance) = match self.kernel.integer(op.operands[2]) {
            Some(1) => ('<', format!("{i}++")),
            Some(-1) => ('>', format!("{i}--")),
            Some(n) if n < 0 => ('>', format!("{i} -= {}", n.unsigned_abs())),
            _ => ('<', format!("{i} += {}", step.text)),
        };
        let ty = self.kernel.ty(induction);
        let hi = hi.within(Precedence::Shift);
        self.out.open(&format!("for ({ty} {i} = {}; {i} {relation} {hi}; {advance}) {{", lo.text));
        self.loop_body(body, &carries, variables);
        self.names.leave();
        self.out.close("}");
    }

    pub fn while_loop(&mut self, op: &'k Op) {
        let [test, body] = [op.blocks[0], op.blocks[1]];
        let carries = self.plan.carries(op);
        let variables = self.carry_variables(op, &carries, 0, &[(test, 0), (body, 0)]);
        self.names.enter();
        self.out.indent();
        let start = self.out.len();
        self.block(test);
        let statements = self.out.take_from(start);
        self.out.outdent();
        let condition = self.condition(self.kernel.block(test).yields[0]);
        if statements.is_empty() {
            self.out.open(&format!("while ({}) {{", condition.text));
        } else {
            self.out.open("while (true) {");
            self.out.push(&statements);
            self.out.open(&format!("if ({}) {{", Expression::unary('!', &condition).text));
            self.out.line("break;");
            self.out.close("}");
        }
        self.loop_body(body, &carries, variables);
        self.names.leave();
        self.out.close("}");
    }

    fn loop_body(&mut self, body: BlockId, carries: &[usize], variables: Vec<String>) {
        let yields = &self.kernel.block(body).yields;
        let pairs: Vec<(ValueId, String)> = carries.iter().map(|&k| yields[k]).zip(variables).collect();
        self.share_yields(body, &pairs);
        self.block(body);
        self.assign_all(pairs);
    }

    /// The variables of a loop's carried values, holding the initial values. `skip` operands stand before the initial
    /// values; `arguments` says which blocks take the carries, and after how many other arguments.
    fn carry_variables(
        &mut self,
        op: &Op,
        carries: &[usize],
        skip: usize,
        arguments: &[(BlockId, usize)],
    ) -> Vec<String> {
        let kernel = self.kernel;
        let mut variables = Vec::with_capacity(carries.len());
        for &k in carries {
            let (init, result) = (op.operands[skip + k], op.results[k]);
            let carried: Vec<ValueId> = arguments.iter().map(|&(b, first)| kernel.block(b).args[first + k]).collect();
            let variable = self.carry_variable(op, init, result, &carried);
            for &value in carried.iter().chain([&result]) {
                self.variables.put(value, &variable);
            }
            variables.push(variable);
        }
        variables
    }

    fn carry_variable(&mut self, op: &Op, init: ValueId, result: ValueId, carried: &[ValueId]) -> String {
        let kernel = self.kernel;
        if let Some(variable) = self.shared_variable(result) {
            let initial = self.plain(init);
            if initial.text != variable {
                let line = self.assignment(&variable, init, &initial);
                self.out.line(&line);
            }
            return variable;
        }
        let named = carried.iter().chain([&result]).copied().find(|&v| kernel.value(v).name.is_some());
        let wanted = named.and_then(|v| kernel.value(v).name.as_deref());
        if let Some(variable) = self.variables.variable_of(init).map(str::to_owned)
            && wanted.is_none_or(|name| name == variable)
            && kernel.home(init) == op.parent
            && kernel.ty(init) == kernel.ty(result)
            && self.plan.uses(init).len() == 1
            && self.variables.can_hold(&self.plan, &variable, result)
        {
            return variable;
        }
        let initial = self.plain(init);
        let variable = self.declare_variable(named.unwrap_or(result));
        self.variables.put(result, &variable);
        let ty = self.type_name(kernel.ty(result));
        self.out.line(&format!("{ty} {variable} = {};", initial.text));
        variable
    }

    /// Plans for a block to compute what it yields straight into the variables that take it, where that is safe.
    fn share_yields(&mut self, block: BlockId, pairs: &[(ValueId, String)]) {
        let kernel = self.kernel;
        for &(value, ref variable) in pairs {
            let made_here =
                matches!(kernel.value(value).definition, Definition::Result(op, _) if kernel.op(op).parent == block);
            let statement = !self.plan.is_folded(value)
                && kernel.literal(value).is_none()
                && self.variables.name_of(value).is_none();
            if made_here && statement && self.variables.can_hold(&self.plan, variable, value) {
                self.variables.put(value, variable);
            }
        }
    }

    /// Assigns values to variables as if all at once: what a variable held is read before it is written.
    fn assign_all(&mut self, mut open: Vec<(ValueId, String)>) {
        open.retain(|(value, variable)| self.variables.name_of(*value) != Some(variable));
        let mut last = Vec::new();
        while !open.is_empty() {
            let free = (0..open.len())
                .find(|&n| (0..open.len()).all(|m| m == n || !self.reads(open[m].0).contains(&open[n].1)));
            match free {
                Some(n) => {
                    let (value, variable) = open.remove(n);
                    let expression = self.plain(value);
                    let line = self.assignment(&variable, value, &expression);
                    self.out.line(&line);
                }
                None => {
                    let (value, variable) = open.remove(0);
                    let expression = self.plain(value);
                    let ty = self.type_name(self.kernel.ty(value));
                    let next = self.names.declare(&format!("next_{variable}"));
                    self.out.line(&format!("{ty} {next} = {};", expression.text));
                    last.push(format!("{variable} = {next};"));
                }
            }
        }
        for line in last {
            self.out.line(&line);
        }
    }

    /// The names that a value's expression reads.
    fn reads(&self, value: ValueId) -> Vec<String> {
        match (self.variables.name_of(value), self.kernel.defining_op(value)) {
            (Some(name), _) => vec![name.to_owned()],
            (None, Some(op)) => op.operands.iter().flat_map(|&v| self.reads(v)).collect(),
            (None, None) => Vec::new(),
        }
    }
}
