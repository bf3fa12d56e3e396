"""The parts of the report: each turns tables into what a template prints. No part knows another."""
