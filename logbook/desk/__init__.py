"""Pages that read several features: the homes, the branch card."""
